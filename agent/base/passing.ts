import { ForeignAnswer, isTransient } from "../../protocol/client/client.ts";

/**
 * Whether the agent tries again after a failure: a transient one, or the answer of a proxy instead of the server. A proxy's refusal
 * says nothing about the agent's identity and leases.
 */
export function isPassing(error: unknown): boolean {
  return isTransient(error) || (error instanceof ForeignAnswer && PROXY_CODES.includes(error.code));
}

const PROXY_CODES = ["unauthorized", "forbidden", "not_found"];
