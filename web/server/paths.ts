/** The path below which a proxy serves Tailrace, with a slash at its end: `/tailrace/`, or `/` without such a proxy. */
export function baseOf(pathname: string): string {
  const base = /^(.*?\/)(?:executions(?:\/\w+)?|run(?:\/[\w.-]+)?)?$/.exec(pathname)?.[1];
  return base ?? `${pathname}/`;
}

/** The page's address for a path of the server. */
export function href(path: string): string {
  return baseOf(location.pathname) + path.slice(1);
}

/** The server's address, without a slash at its end. */
export function serverUrl(): string {
  return location.origin + baseOf(location.pathname).slice(0, -1);
}

/** The path of the server that a page's address stands for. */
export function pathOf(pathname: string): string {
  return pathname.slice(baseOf(pathname).length - 1) || "/";
}

/** The execution whose output a page's address names. */
export function executionOf(pathname: string): string | undefined {
  return /^\/executions\/(\w+)$/.exec(pathOf(pathname))?.[1];
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
