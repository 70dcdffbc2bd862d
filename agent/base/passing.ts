import { ForeignAnswer, isTransient } from "../../protocol/client/client.ts";

/**
 * Whether the agent tries again after a failure: what is transient, and a page that a proxy gives in the server's place. A proxy
 * that does not know the agent says nothing of its identity and its leases.
 */
export function isPassing(error: unknown): boolean {
  return isTransient(error) || (error instanceof ForeignAnswer && PROXY_CODES.includes(error.code));
}

const PROXY_CODES = ["unauthorized", "forbidden", "not_found"];
