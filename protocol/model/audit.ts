import * as v from "valibot";

/** What the audit log tells of. */
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
  "link.create",
  "link.revoke",
  "pool.keys",
  "agent.register",
  "agent.revoke",
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** `refused`: the credential was not good. `failed`: it was begun, and its answer was an error. */
export const AUDIT_OUTCOMES = ["done", "refused", "failed"] as const;

/** One act: who, by which credential, from where, what, and how it went. Names and ids only, no value that was given. */
export const AuditEntry = v.object({
  id: v.string(),
  timestamp: v.string(),
  action: v.picklist(AUDIT_ACTIONS),
  outcome: v.picklist(AUDIT_OUTCOMES),
  /** Empty where a sign-in named a user that there is not: what stands there may be a password. */
  user: v.string(),
  /** Its kind and id: `key-…`, `token-…`, `sso-…`, `agent-…`; `first-key`, `password`. */
  credential: v.string(),
  address: v.string(),
  user_agent: v.string(),
  /** Its kind and id: `execution:…`, `user:ann`, `apikey:…`. */
  resource: v.string(),
  detail: v.record(v.string(), v.union([v.string(), v.number(), v.boolean()])),
});
export type AuditEntry = v.InferOutput<typeof AuditEntry>;

/** Which entries are wanted, newest first. */
export interface AuditFilter {
  user?: string;
  action?: string;
  resource?: string;
  outcome?: string;
  /** Timestamps: not before, and before. */
  since?: string;
  until?: string;
  /** Only what is older than the entry of this id: how the next page is asked for. */
  before?: string;
  limit?: number;
}
