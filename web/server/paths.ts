/** The execution whose output a page's address names. */
export function executionOf(pathname: string): string | undefined {
  return /^\/executions\/(\w+)$/.exec(pathname)?.[1];
}

/** The path of the last lines of all streams, or of the lines that a query names. */
export function linesPath(id: string, query = ""): string {
  return `/api/v1/executions/${id}/output/lines?${query}`;
}

export function executionPath(id: string): string {
  return `/api/v1/executions/${id}`;
}

export const USER_PATH = "/api/v1/user";

/** How long an answer may take: a request that the network has lost reports no error. */
export const ANSWER_MS_MAX = 60_000;
