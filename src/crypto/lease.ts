import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { LeaseKey } from "../../protocol/wire/agent.ts";
import { signToken, verifyToken } from "./jwt.ts";

/** The claims of a lease token. The Worker authorises an append by these alone; the execution then compares the epoch. */
const LeaseClaims = v.object({ ...LeaseKey.entries, agent_id: v.string(), pool: v.string() });
export type LeaseClaims = v.InferOutput<typeof LeaseClaims>;

/** Tokens that were verified recently: an agent sends the same token with each batch. */
const known = new Map<string, LeaseClaims>();
const KNOWN_TOKENS_MAX = 1_000;

export function signLease(claims: LeaseClaims, secret: string): Promise<string> {
  return signToken({ ...claims }, secret);
}

/**
 * The claims of a bearer token. Throws `unauthorized` for a missing token, one that we did not sign, and one of another
 * execution.
 */
export async function readLease(
  header: string | undefined,
  executionId: string,
  secrets: readonly string[],
): Promise<LeaseClaims> {
  const token = header?.match(/^Bearer (\S+)$/i)?.[1];
  if (!token)
    throw new TailraceError("unauthorized", "The lease token is missing (Authorization: Bearer …).");
  const claims = known.get(token) ?? (await verifyLease(token, secrets));
  if (claims.execution_id !== executionId) {
    throw new TailraceError("unauthorized", "The lease token is for another execution.");
  }
  return claims;
}

async function verifyLease(token: string, secrets: readonly string[]): Promise<LeaseClaims> {
  let payload: unknown;
  try {
    payload = await verifyToken(token, secrets);
  } catch {
    throw new TailraceError("unauthorized", "The lease token is not valid.");
  }
  const claims = v.safeParse(LeaseClaims, payload);
  if (!claims.success) throw new TailraceError("unauthorized", "The lease token is not valid.");
  if (known.size >= KNOWN_TOKENS_MAX) known.clear();
  known.set(token, claims.output);
  return claims.output;
}
