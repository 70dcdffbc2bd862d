import * as v from "valibot";
import { RUN_TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import { LeaseKey } from "../../protocol/wire/agent.ts";
import { signToken, verifyToken } from "./jwt.ts";

/**
 * The claims of a run's token. They lie one level deeper than those of a lease, which the same secret signs: a program must
 * not be able to present its token as the lease of its agent.
 */
const RunClaims = v.object({
  kind: v.literal("run"),
  lease: v.object({ ...LeaseKey.entries, agent_id: v.string(), pool: v.string() }),
  exp: v.number(),
});

/** The lease under which a token was issued, and when the token expires. */
export type RunClaims = Omit<v.InferOutput<typeof RunClaims>, "kind">;

export async function signRunToken(claims: RunClaims, secret: string): Promise<string> {
  return RUN_TOKEN_PREFIX + (await signToken({ kind: "run", ...claims }, secret));
}

/** The claims of a run's token; undefined for one that we did not sign, and for one that has expired. */
export async function readRunToken(text: string, secrets: readonly string[]): Promise<RunClaims | undefined> {
  const payload = await verifyToken(text.slice(RUN_TOKEN_PREFIX.length), secrets).catch(() => undefined);
  const claims = v.safeParse(RunClaims, payload);
  return claims.success ? claims.output : undefined;
}
