import type { KeyScope } from "../model/key.ts";
import type { Acknowledgement } from "../wire/append.ts";
import { answerOf, type Connection, segment, send, tryLimit } from "./request.ts";

/** Keys that a running action asks for: by their names, or all with a prefix. */
export type WantedKeys = ({ names: string[] } | { prefix: string }) & { scope?: KeyScope };

/** Whether a key that was to be deleted was there. */
export interface DeletedKey {
  deleted: boolean;
}

/** Calls the key-value table of a running action: the lease is the credential. */
export async function leased<T>(
  to: Connection,
  method: string,
  path: string,
  lease: string,
  body?: unknown,
): Promise<T> {
  const response = await send(to, `/agent/v1/executions/${path}`, {
    method,
    headers: { authorization: `Bearer ${lease}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: tryLimit(),
  });
  return answerOf(response);
}

/** Posts a report of the execution that the lease is for, and returns the server's acknowledgement. */
export async function underLease(
  to: Connection,
  id: string,
  verb: string,
  lease: string,
  body: string | Uint8Array<ArrayBuffer>,
  type: string,
  signal = tryLimit(),
): Promise<Acknowledgement> {
  const response = await send(to, `/agent/v1/executions/${segment(id)}/${verb}`, {
    method: "POST",
    headers: { authorization: `Bearer ${lease}`, "content-type": type },
    body,
    signal,
  });
  return answerOf(response);
}
