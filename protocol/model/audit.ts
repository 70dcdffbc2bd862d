import * as v from "valibot";

/** The acts that the audit log records. */
export const AUDIT_ACTIONS = [
  "sign_in",
  "sign_out",
  "apikey.create",
  "apikey.update",
  "apikey.delete",
  "user.create",
  "user.update",
  "user.delete",
  "role.create",
  "role.delete",
  "role.grant",
  "role.revoke",
  "role.assign",
  "role.unassign",
  "key.set",
  "key.delete",
  "key.decrypt",
  "execution.run",
  "execution.re_run",
  "execution.cancel",
  "execution.pause",
  "execution.resume",
  "execution.update",
  "execution.pin",
  "execution.unpin",
  "execution.redact",
  "execution.show_secrets",
  "execution.token",
  "execution.index",
  "link.create",
  "link.revoke",
  "pool.keys",
  "agent.register",
  "agent.revoke",
  "agent.drain",
  "agent.resume",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `refused`: the credential was not valid. `failed`: the act began, and its answer was an error. */
export const AUDIT_OUTCOMES = ["done", "refused", "failed"] as const;

/** One act: the user, the credential, the address, the act and its outcome. Names and ids only, no given values. */
export const AuditEntry = v.object({
  id: v.string(),
  timestamp: v.string(),
  action: v.picklist(AUDIT_ACTIONS),
  outcome: v.picklist(AUDIT_OUTCOMES),
  /** Empty if a sign-in named an unknown user: the text may be a password. */
  user: v.string(),
  /** Its kind and id: `key-…`, `token-…`, `run-…`, `sso-…`, `agent-…`; `first-key`, `password`. */
  credential: v.string(),
  address: v.string(),
  user_agent: v.string(),
  /** Its kind and id: `execution:…`, `user:ann`, `apikey:…`. */
  resource: v.string(),
  detail: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
});
export type AuditEntry = v.InferOutput<typeof AuditEntry>;

/** Filters of the audit log, newest first. */
export interface AuditFilter {
  user?: string;
  action?: string;
  resource?: string;
  outcome?: string;
  /** Timestamps: from this one on, and before this one. */
  since?: string;
  until?: string;
  /** Only entries older than this id: it asks for the next page. */
  before?: string;
  limit?: number;
}
