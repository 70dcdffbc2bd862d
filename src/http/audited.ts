import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { failureText } from "../../protocol/base/failure-text.ts";
import { newId } from "../../protocol/base/id.ts";
import type { AuditAction, AuditEntry } from "../../protocol/model/audit.ts";
import { type Actor, failAudit, recordAudit } from "../index/audit.ts";
import type { CredentialPrincipal } from "../rights/principal.ts";
import { clientAddress } from "./address.ts";
import type { AppEnv } from "./context.ts";

/** Characters of a client's user agent that are kept. */
const USER_AGENT_CHARS_MAX = 200;

/**
 * Records the change that this request is about to make. The entry comes first: a change that cannot be recorded is not
 * made. If the request fails later, the entry is marked as failed.
 */
export async function audit(
  c: Context<AppEnv>,
  action: AuditAction,
  resource: string,
  detail: AuditEntry["detail"] = {},
): Promise<void> {
  const id = newId();
  await recordAudit(c.env, { id, action, outcome: "done", ...actorOf(c), resource, detail });
  c.set("audited", [...(c.get("audited") ?? []), id]);
}

/**
 * Records a change of an execution after it is made. The execution's object works without the index, so the change stays
 * even if the log cannot be written.
 */
export async function auditDone(c: Context<AppEnv>, action: AuditAction, id: string): Promise<void> {
  // A failed write is logged already.
  await audit(c, action, `execution:${id}`).catch(() => undefined);
}

/** Records a sign-in attempt with a name and a password; `token` is the id of the token that follows it. */
export async function auditSignIn(
  c: Context<AppEnv>,
  name: string,
  outcome: "done" | "refused",
  token?: string,
): Promise<void> {
  const id = newId();
  const actor = { user: name, is_claim: true, credential: "password", ...originOf(c) };
  const resource = token === undefined ? "" : `token:${token}`;
  await recordAudit(c.env, { id, action: "sign_in", outcome, ...actor, resource, detail: {} });
  if (outcome === "done") c.set("audited", [id]);
}

/** Assertions that this isolate has recorded. */
const recorded = new Set<string>();
const RECORDED_MAX = 1_000;

/** Records the first request of each single sign-on assertion. */
export async function auditSignOn(
  c: Context<AppEnv>,
  { user, credential }: CredentialPrincipal,
): Promise<void> {
  if (credential === null || recorded.has(credential)) return;
  const actor = { user, credential, ...originOf(c) };
  const entry = { action: "sign_in", outcome: "done", resource: credential, detail: {} } as const;
  await recordAudit(c.env, { id: newId(), ...actor, ...entry, is_once: true });
  if (recorded.size >= RECORDED_MAX) recorded.clear();
  recorded.add(credential);
}

/** The actor of this request. */
export function actorOf(c: Context<AppEnv>): Actor {
  const { user, credential } = c.get("principal");
  return { user, credential: credential ?? "first-key", ...originOf(c) };
}

/** The origin of a request, as the log keeps it. */
export function originOf(c: Context<AppEnv>): Pick<Actor, "address" | "user_agent"> {
  const agent = c.req.header("user-agent") ?? "";
  const user_agent = agent.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, USER_AGENT_CHARS_MAX);
  return { address: clientAddress(c), user_agent };
}

/** If the answer is an error, marks the request's entries as failed. */
export const settleAudit = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const ids = c.get("audited");
  if (ids === undefined || c.res.status < 400) return;
  await failAudit(c.env.INDEX, ids).catch((error: unknown) => {
    console.error(`audit entries ${ids.join(", ")} cannot be marked as failed: ${failureText(error)}`);
  });
});
