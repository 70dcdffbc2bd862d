import { AUDIT_PAGE_MAX } from "../../protocol/base/limits.ts";
import { AUDIT_ACTIONS } from "../../protocol/model/audit.ts";
import { gone, list, made, type Operation, ok, one, PAGE } from "./operation.ts";

const SHOW_HASHES = "`true` shows `key_hash` to an administrator";

/** Users, credentials, roles and links. */
export const IDENTITY_OPERATIONS: Record<string, Operation> = {
  "POST /auth/v1/tokens": {
    summary: "Exchange a password (Basic) for a token",
    body: "CreateToken",
    answer: made("Token", "the token, shown this once; `X-API-URL` is the API's address"),
    security: "none",
    audit: ["sign_in"],
  },
  "DELETE /auth/v1/tokens": {
    summary: "Make the token of this request void",
    answer: gone("signed out; its streams end"),
    audit: ["sign_out"],
  },
  "POST /auth/v1/tokens/validate": {
    summary: "Whether a token is valid now",
    answer: ok("`{valid}`"),
  },
  "GET /api/v1/user": {
    summary: "The authenticated user",
    answer: one("User", "the user, how they were authenticated, their roles and grants"),
  },
  "GET /api/v1/users": {
    summary: "Users that have a password",
    query: PAGE,
    answer: list("Account"),
  },
  "POST /api/v1/users": {
    summary: "Make a user",
    body: "CreateAccount",
    answer: made("Account", "the user"),
    audit: ["user.create"],
  },
  "GET /api/v1/users/{name}": {
    summary: "One user",
    answer: one("Account", "the user"),
  },
  "PUT /api/v1/users/{name}": {
    summary: "Change a password, or enable or disable a user",
    body: "UpdateAccount",
    answer: one("Account", "the user; a new password makes every token void"),
    audit: ["user.update"],
  },
  "DELETE /api/v1/users/{name}": {
    summary: "Delete a user, with their keys, tokens and roles",
    answer: gone(),
    audit: ["user.delete"],
  },
  "GET /api/v1/apikeys": {
    summary: "Keys: one's own, or for an administrator all",
    query: { ...PAGE, user: "only of this user", show_secrets: SHOW_HASHES },
    answer: list("ApiKey"),
  },
  "POST /api/v1/apikeys": {
    summary: "Make a key",
    body: "CreateApiKey",
    answer: made("ApiKey", "the key's record, and `key` itself, shown this once"),
    audit: ["apikey.create"],
  },
  "GET /api/v1/apikeys/{id}": {
    summary: "One key, by its id or by itself",
    query: { show_secrets: SHOW_HASHES },
    answer: one("ApiKey", "the key"),
  },
  "PUT /api/v1/apikeys/{id}": {
    summary: "Enable or disable a key",
    body: "UpdateApiKey",
    answer: one("ApiKey", "the key; the streams of a disabled key end"),
    audit: ["apikey.update"],
  },
  "DELETE /api/v1/apikeys/{id}": {
    summary: "Delete a key",
    query: { with_agents: "`true`: also revoke every agent that registered with the key" },
    answer: gone("deleted; its streams end"),
    audit: ["apikey.delete"],
  },
  "GET /api/v1/rbac/roles": {
    summary: "Roles and their grants",
    query: { system: "`true` for the system's roles, `false` for others", name: "only this one" },
    answer: list("Role", "all"),
  },
  "POST /api/v1/rbac/roles": {
    summary: "Make a role",
    body: "CreateRole",
    answer: made("Role", "the role"),
    audit: ["role.create"],
  },
  "GET /api/v1/rbac/roles/{role}": {
    summary: "One role, by name or id",
    answer: one("Role", "the role"),
  },
  "DELETE /api/v1/rbac/roles/{role}": {
    summary: "Delete a role and its assignments",
    answer: gone(),
    audit: ["role.delete"],
  },
  "POST /api/v1/rbac/roles/{role}/grants": {
    summary: "Grant permissions to a role",
    body: "PermissionGrant",
    answer: made("Role", "the role"),
    audit: ["role.grant"],
  },
  "DELETE /api/v1/rbac/roles/{role}/grants": {
    summary: "Revoke permissions of a role",
    query: {
      permission_types: "separated by commas",
      resource_uid: "the resource of the grant; without it, a grant on everything",
      pool: "the pool of the grant; without it, a grant in all pools",
    },
    answer: one("Role", "the role"),
    audit: ["role.revoke"],
  },
  "GET /api/v1/rbac/role_assignments": {
    summary: "Role assignments",
    query: { user: "only of this user", role: "only of this role" },
    answer: list("Assignment", "all"),
  },
  "POST /api/v1/rbac/role_assignments": {
    summary: "Assign a role to a user",
    body: "CreateAssignment",
    answer: made("Assignment", "the assignment"),
    audit: ["role.assign"],
  },
  "GET /api/v1/rbac/role_assignments/{id}": {
    summary: "One assignment",
    answer: one("Assignment", "the assignment"),
  },
  "DELETE /api/v1/rbac/role_assignments/{id}": {
    summary: "Remove a role from a user",
    answer: gone("removed"),
    audit: ["role.unassign"],
  },
  "GET /api/v1/rbac/permission_types": {
    summary: "Every permission, by the kind of resource",
    answer: ok("lists by kind"),
  },
  "GET /api/v1/rbac/permission_types/{type}": {
    summary: "The permissions of one kind of resource",
    answer: ok("a list"),
  },
  "GET /api/v1/audit": {
    summary: "The audit log, newest first",
    query: {
      user: "only of this user",
      action: `only ${AUDIT_ACTIONS.map((action) => `\`${action}\``).join(", ")}`,
      resource:
        "only about this resource, like `execution:ID`, `user:NAME`, `apikey:ID`, `role:NAME`, `key:NAME`",
      outcome: "`done`, `refused` or `failed`",
      since: "only from this moment on",
      until: "only before this moment",
      before: "only entries before the one with this id: the next page",
      limit: `entries of a page, at most ${AUDIT_PAGE_MAX}`,
    },
    answer: list("AuditEntry"),
  },
  "POST /api/v1/executions/{id}/links": {
    summary: "Make a link: everyone with the link may read this execution",
    body: "CreateLink",
    answer: made("Link", "the link, until it expires"),
    audit: ["link.create"],
  },
  "GET /api/v1/executions/{id}/links": {
    summary: "The links of an execution: one's own, or for an administrator all",
    query: { ...PAGE, user: "only links of this user" },
    answer: list("ListedLink"),
  },
  "DELETE /api/v1/executions/{id}/links": {
    summary: "Revoke every link of an execution, also those that earlier releases made",
    answer: ok("`{revoked}`: the number of listed links; the streams of all links end"),
    audit: ["link.revoke"],
  },
  "GET /api/v1/links": {
    summary: "Links, newest first: one's own, or for an administrator all",
    query: { ...PAGE, user: "only links of this user", execution: "only of this execution" },
    answer: list("ListedLink"),
  },
  "DELETE /api/v1/links/{id}": {
    summary: "Revoke a link",
    answer: gone("revoked; its streams end"),
    audit: ["link.revoke"],
  },
};
