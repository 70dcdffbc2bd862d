import { TailraceError } from "../../protocol/base/errors.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { EndExecution, EndRequest } from "../../protocol/wire/agent.ts";
import type { Log } from "../base/log.ts";
import { countSent } from "../base/meter.ts";

/** The lease under which an end is sent. */
export interface EndLinks {
  client: Client;
  id: string;
  token: string;
  log: Log;
}

/** Sends the end. A result that the server refuses must not keep the execution from ending. */
export async function sendEnd({ client, id, token, log }: EndLinks, end: EndExecution): Promise<void> {
  try {
    await client.end(id, token, end);
  } catch (error) {
    if (!isOfBody(error)) throw error;
    log.warn(`the server refuses its result: ${error.message}`);
    const { failed, succeeded, return_code } = end.result;
    const result = { failed, succeeded, return_code, error: `The result was refused: ${error.message}` };
    await client.end(id, token, { ...end, result });
  }
}

/**
 * Sends the end with the last output. False if the server refuses the body: it takes each part by itself. During a deployment, a Worker of
 * the release before may get an end whose lease is from the new one.
 */
export async function sendWhole(
  { client, id, token }: EndLinks,
  end: EndRequest & { output: string },
): Promise<boolean> {
  const began_ms = performance.now();
  try {
    await client.end(id, token, end);
    if (end.output !== "") countSent(Buffer.byteLength(end.output), began_ms);
    return true;
  } catch (error) {
    if (!isOfBody(error)) throw error;
    return false;
  }
}

function isOfBody(error: unknown): error is TailraceError {
  return error instanceof TailraceError && (error.code === "too_large" || error.code === "invalid");
}
