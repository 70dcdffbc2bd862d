import type * as v from "valibot";
import {
  Account,
  ApiKey,
  Assignment,
  CreateAccount,
  CreateApiKey,
  CreateAssignment,
  CreateLink,
  CreateRole,
  CreateToken,
  Link,
  PermissionGrant,
  Role,
  Token,
  UpdateAccount,
  UpdateApiKey,
  User,
} from "../protocol/identity.ts";
import type { Operation } from "./openapi.ts";

/** The schemas of users, keys, roles and links. */
export const IDENTITY_SCHEMAS = {
  Account,
  ApiKey,
  Assignment,
  CreateAccount,
  CreateApiKey,
  CreateAssignment,
  CreateLink,
  CreateRole,
  CreateToken,
  Link,
  PermissionGrant,
  Role,
  Token,
  UpdateAccount,
  UpdateApiKey,
  User,
} satisfies Record<string, v.GenericSchema>;

const PAGE = { limit: "rows of a page, at most 100; -1 for all", offset: "rows to pass over" };

/** Who may come in, and what they may do. */
export const IDENTITY_OPERATIONS: Record<string, Operation> = {
  "POST /auth/v1/tokens": {
    summary: "A password (Basic) becomes a token",
    body: "CreateToken",
    answer: {
      status: 201,
      schema: "Token",
      text: "the token, shown this once; `X-API-URL` says where it opens",
    },
    security: "none",
  },
  "DELETE /auth/v1/tokens": {
    summary: "Make the token of this request void",
    answer: { status: 204, text: "signed out; its streams end" },
  },
  "POST /auth/v1/tokens/validate": {
    summary: "Whether a token opens anything now",
    answer: { status: 200, text: "`{valid}`" },
  },
  "GET /api/v1/user": {
    summary: "Who asks",
    answer: { status: 200, schema: "User", text: "the user, how they came in, and their roles" },
  },
  "GET /api/v1/users": {
    summary: "Users that have a password",
    query: PAGE,
    answer: { status: 200, schema: "Account", list: true, text: "a page" },
  },
  "POST /api/v1/users": {
    summary: "Make a user",
    body: "CreateAccount",
    answer: { status: 201, schema: "Account", text: "the user" },
  },
  "GET /api/v1/users/{name}": {
    summary: "One user",
    answer: { status: 200, schema: "Account", text: "the user" },
  },
  "PUT /api/v1/users/{name}": {
    summary: "Change a password, or let a user in or not",
    body: "UpdateAccount",
    answer: { status: 200, schema: "Account", text: "the user; a new password makes every token void" },
  },
  "DELETE /api/v1/users/{name}": {
    summary: "Delete a user, with their keys, tokens and roles",
    answer: { status: 204, text: "deleted" },
  },
  "GET /api/v1/apikeys": {
    summary: "Keys: one's own, or for an administrator all",
    query: { ...PAGE, user: "only of this user" },
    answer: { status: 200, schema: "ApiKey", list: true, text: "a page" },
  },
  "POST /api/v1/apikeys": {
    summary: "Make a key",
    body: "CreateApiKey",
    answer: { status: 201, schema: "ApiKey", text: "the key's record, and `key` itself, shown this once" },
  },
  "GET /api/v1/apikeys/{id}": {
    summary: "One key",
    answer: { status: 200, schema: "ApiKey", text: "the key" },
  },
  "PUT /api/v1/apikeys/{id}": {
    summary: "Enable or disable a key",
    body: "UpdateApiKey",
    answer: { status: 200, schema: "ApiKey", text: "the key; disabled, its streams end" },
  },
  "DELETE /api/v1/apikeys/{id}": {
    summary: "Delete a key",
    answer: { status: 204, text: "deleted; its streams end" },
  },
  "GET /api/v1/rbac/roles": {
    summary: "Roles and what they grant",
    query: { system: "`true` for those that are always there, `false` for others", name: "only this one" },
    answer: { status: 200, schema: "Role", list: true, text: "all" },
  },
  "POST /api/v1/rbac/roles": {
    summary: "Make a role",
    body: "CreateRole",
    answer: { status: 201, schema: "Role", text: "the role" },
  },
  "GET /api/v1/rbac/roles/{role}": {
    summary: "One role, by name or id",
    answer: { status: 200, schema: "Role", text: "the role" },
  },
  "DELETE /api/v1/rbac/roles/{role}": {
    summary: "Delete a role, and take it from everybody",
    answer: { status: 204, text: "deleted" },
  },
  "POST /api/v1/rbac/roles/{role}/grants": {
    summary: "Grant permissions to a role",
    body: "PermissionGrant",
    answer: { status: 201, schema: "Role", text: "the role" },
  },
  "DELETE /api/v1/rbac/roles/{role}/grants": {
    summary: "Take permissions from a role",
    query: {
      permission_types: "separated by commas",
      resource_uid: "what they were granted on; everything without it",
    },
    answer: { status: 200, schema: "Role", text: "the role" },
  },
  "GET /api/v1/rbac/role_assignments": {
    summary: "Who has which role",
    query: { user: "only of this user", role: "only of this role" },
    answer: { status: 200, schema: "Assignment", list: true, text: "all" },
  },
  "POST /api/v1/rbac/role_assignments": {
    summary: "Give a role to a user",
    body: "CreateAssignment",
    answer: { status: 201, schema: "Assignment", text: "the assignment" },
  },
  "GET /api/v1/rbac/role_assignments/{id}": {
    summary: "One assignment",
    answer: { status: 200, schema: "Assignment", text: "the assignment" },
  },
  "DELETE /api/v1/rbac/role_assignments/{id}": {
    summary: "Take a role from a user",
    answer: { status: 204, text: "taken" },
  },
  "GET /api/v1/rbac/permission_types": {
    summary: "Every permission, by the kind of resource",
    answer: { status: 200, text: "lists by kind" },
  },
  "GET /api/v1/rbac/permission_types/{type}": {
    summary: "The permissions of one kind of resource",
    answer: { status: 200, text: "a list" },
  },
  "POST /api/v1/executions/{id}/links": {
    summary: "Make a link that opens this execution, to read, for whoever has it",
    body: "CreateLink",
    answer: { status: 201, schema: "Link", text: "the link, until it expires" },
  },
};
