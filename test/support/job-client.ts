import { once } from "node:events";
import { type IncomingMessage, type OutgoingHttpHeaders, request } from "node:http";

/** An answer of a run's own socket. */
export interface JobAnswer {
  status: number | undefined;
  body: unknown;
}

/** Sends a request to a run's own socket, as a program of that run does. */
export async function askJob(
  path: string,
  method: string,
  url: string,
  body?: string,
  headers: OutgoingHttpHeaders = {},
): Promise<JobAnswer> {
  const asked = request({ socketPath: path, method, path: url, headers });
  const answered = once(asked, "response") as Promise<[IncomingMessage]>;
  asked.on("error", () => undefined);
  asked.end(body);
  const [response] = await answered;
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return { status: response.statusCode, body: text === "" ? undefined : JSON.parse(text) };
}
