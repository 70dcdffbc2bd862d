import type { Context } from "hono";
import { createMiddleware } from "hono/factory";
import { newId } from "../../protocol/base/id.ts";
import type { AuditAction, AuditEntry } from "../../protocol/model/audit.ts";
import { type Actor, failAudit, recordAudit } from "../index/audit.ts";
import type { Known } from "../rights/principal.ts";
import { clientAddress } from "./address.ts";
import type { AppEnv } from "./context.ts";

/** Characters of a client's name for itself that are kept. */
const USER_AGENT_CHARS_MAX = 200;

/**
 * Says in the audit log what this request is about to do. It is said first: what cannot be written there is not done. Where the
 * request fails after all, the entry says so.
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

/** Says what has been done to an execution. Its object needs no index, so the act stands where the log cannot be written. */
export async function auditDone(c: Context<AppEnv>, action: AuditAction, id: string): Promise<void> {
  // Where it cannot be written, that has been logged.
  await audit(c, action, `execution:${id}`).catch(() => undefined);
}

/** Says that a name and a password were tried; `token` is the one that is about to be made. */
export async function auditSignIn(
  c: Context<AppEnv>,
  name: string,
  outcome: "done" | "refused",
  token?: string,
): Promise<void> {
  const id = newId();
  const who = { user: name, is_claim: true, credential: "password", ...originOf(c) };
  const resource = token === undefined ? "" : `token:${token}`;
  await recordAudit(c.env, { id, action: "sign_in", outcome, ...who, resource, detail: {} });
  if (outcome === "done") c.set("audited", [id]);
}

/** Assertions that the log has been told of by this isolate. */
const told = new Set<string>();
const TOLD_MAX = 1_000;

/** Records the first request of each single sign-on assertion. */
export async function auditSignOn(c: Context<AppEnv>, { user, credential }: Known): Promise<void> {
  if (credential === null || told.has(credential)) return;
  const who = { user, credential, ...originOf(c) };
  const what = { action: "sign_in", outcome: "done", resource: credential, detail: {} } as const;
  await recordAudit(c.env, { id: newId(), ...who, ...what, is_once: true });
  if (told.size >= TOLD_MAX) told.clear();
  told.add(credential);
}

/** Who acts by this request. */
export function actorOf(c: Context<AppEnv>): Actor {
  const { user, credential } = c.get("principal");
  return { user, credential: credential ?? "first-key", ...originOf(c) };
}

/** Where a request comes from, as far as the log keeps it. */
export function originOf(c: Context<AppEnv>): Pick<Actor, "address" | "user_agent"> {
  const agent = c.req.header("user-agent") ?? "";
  const user_agent = agent.replaceAll(/[^\x20-\x7e]+/g, " ").slice(0, USER_AGENT_CHARS_MAX);
  return { address: clientAddress(c), user_agent };
}

/** Where the answer is an error, what the log said would be done has failed. */
export const settleAudit = createMiddleware<AppEnv>(async (c, next) => {
  await next();
  const ids = c.get("audited");
  if (ids === undefined || c.res.status < 400) return;
  await failAudit(c.env.INDEX, ids).catch((error: unknown) => {
    console.error(`audit entries ${ids.join(", ")} do not say that they failed: ${error}`);
  });
});
