import * as v from "valibot";
import { ID_PATTERN } from "../base/id.ts";
import {
  LABEL_CHARS_MAX,
  LINK_TTL_SECONDS_MAX,
  PASSWORD_CHARS_MAX,
  PASSWORD_CHARS_MIN,
} from "../base/limits.ts";
import { JsonObject } from "./json-object.ts";
import { PERMISSIONS } from "./permissions.ts";

/** Built-in roles. An observer may view everything and change nothing. */
export const SYSTEM_ROLES = ["system_admin", "admin", "observer"] as const;
export type SystemRole = (typeof SYSTEM_ROLES)[number];

/** The name of a user: of an account, of a key, or from a single sign-on (an e-mail address). */
export const UserName = v.pipe(
  v.string(),
  v.regex(/^[\w.@+-]{1,128}$/, "a name has up to 128 letters, digits and . _ - + @"),
);
/** The name of a pool or of a role. */
export const Label = v.pipe(
  v.string(),
  v.regex(/^[\w.-]{1,128}$/, "a name has up to 128 letters, digits and . _ -"),
);
const AGENT_NAME_RULE = `an agent's name has 1 to ${LABEL_CHARS_MAX} characters`;
/** An agent's name in lists. */
export const AgentName = v.pipe(
  v.string(),
  v.minLength(1, AGENT_NAME_RULE),
  v.maxLength(LABEL_CHARS_MAX, AGENT_NAME_RULE),
);
const Password = v.pipe(
  v.string(),
  v.minLength(PASSWORD_CHARS_MIN, `a password has at least ${PASSWORD_CHARS_MIN} characters`),
  v.maxLength(PASSWORD_CHARS_MAX, `a password has at most ${PASSWORD_CHARS_MAX} characters`),
);

/** `POST /auth/v1/tokens`. `ttl` is in seconds. */
export const CreateToken = v.looseObject({
  ttl: v.optional(v.nullable(v.pipe(v.number(), v.integer()))),
  user: v.optional(v.nullable(v.string())),
});

/** A token. Only the answer that makes it has the token itself. */
export const Token = v.object({
  id: v.string(),
  user: v.string(),
  token: v.string(),
  expiry: v.string(),
  metadata: JsonObject,
});
export type Token = v.InferOutput<typeof Token>;

/** `POST /users`. */
export const CreateAccount = v.strictObject({ name: UserName, password: Password });
export type CreateAccount = v.InferInput<typeof CreateAccount>;

/** `PUT /users/{name}`. To change their own password, users also give the present one. */
export const UpdateAccount = v.strictObject({
  password: v.optional(Password),
  current_password: v.optional(v.string()),
  enabled: v.optional(v.boolean()),
});
export type UpdateAccount = v.InferInput<typeof UpdateAccount>;

/** A user with a password on this server. */
export const Account = v.object({
  id: v.string(),
  name: v.string(),
  enabled: v.boolean(),
  created_at: v.string(),
  roles: v.array(v.string()),
});
export type Account = v.InferOutput<typeof Account>;

/** The hash of a key: SHA-256 for a key of Tailrace, SHA-512 for one of StackStorm. */
const KeyHash = v.pipe(
  v.string(),
  v.regex(/^([0-9a-f]{64}|[0-9a-f]{128})$/, "a hash of a key has 64 or 128 hex digits"),
);

/**
 * `POST /apikeys`. Without a role the key has its user's roles. An agent's key is for one pool; an admin's key permits everything.
 * With a hash, which only an administrator may give, it is a key that was made elsewhere, with the id that it has there.
 */
export const CreateApiKey = v.strictObject({
  user: v.optional(v.nullable(UserName)),
  role: v.optional(v.picklist(["admin", "user", "agent"]), "user"),
  pool: v.optional(Label),
  enabled: v.optional(v.boolean(), true),
  metadata: v.optional(JsonObject, {}),
  key_hash: v.optional(v.nullable(KeyHash)),
  id: v.optional(v.nullable(v.pipe(v.string(), v.regex(ID_PATTERN)))),
  /** Ignored, as StackStorm does: a key of a dump has both. */
  uid: v.optional(v.nullable(v.string())),
  created_at: v.optional(v.nullable(v.string())),
});
export type CreateApiKey = v.InferInput<typeof CreateApiKey>;

/** `PUT /apikeys/{id}`. StackStorm's clients send the whole key back: fields that cannot change are ignored. */
export const UpdateApiKey = v.looseObject({
  enabled: v.optional(v.boolean()),
  metadata: v.optional(JsonObject),
  key_hash: v.optional(v.nullable(v.string())),
});
export type UpdateApiKey = v.InferInput<typeof UpdateApiKey>;

/** A key without its secret. */
export const ApiKey = v.object({
  id: v.string(),
  uid: v.string(),
  /** A mask, except for an administrator that asks for it. */
  key_hash: v.exactOptional(v.string()),
  user: v.string(),
  role: v.picklist(["admin", "user", "agent"]),
  pool: v.exactOptional(v.string()),
  enabled: v.boolean(),
  created_at: v.string(),
  metadata: JsonObject,
});
export type ApiKey = v.InferOutput<typeof ApiKey>;

/** The resource of a grant: a pack, an action, a key, or everything without a uid. */
export const ResourceUid = v.pipe(
  v.string(),
  v.regex(
    /^(pack:[\w-]+|action:[\w-]+:[\w.-]+|key_value_pair:st2kv\.system:[^\s/?#]{1,255})$/,
    "must be pack:NAME or action:PACK:NAME or key_value_pair:st2kv.system:NAME",
  ),
);

/** Permissions that a role has on one resource. */
export const PermissionGrant = v.strictObject({
  resource_uid: v.optional(v.nullable(ResourceUid)),
  permission_types: v.pipe(v.array(v.picklist(PERMISSIONS)), v.minLength(1)),
  /** Ours: the pool in which it applies; without it, every pool. */
  pool: v.optional(v.nullable(Label)),
});
export type PermissionGrant = v.InferInput<typeof PermissionGrant>;

/** `POST /rbac/roles`. */
export const CreateRole = v.strictObject({
  name: Label,
  description: v.optional(v.string(), ""),
  permission_grants: v.optional(v.array(PermissionGrant), []),
});
export type CreateRole = v.InferInput<typeof CreateRole>;

/** A role and its grants. A system role has no grants: its permissions are in the code. */
export const Role = v.object({
  id: v.string(),
  name: v.string(),
  description: v.string(),
  system: v.boolean(),
  permission_grant_objects: v.array(
    v.object({
      resource_uid: v.nullable(v.string()),
      resource_type: v.nullable(v.string()),
      permission_types: v.array(v.string()),
      pool: v.exactOptional(v.string()),
    }),
  ),
});
export type Role = v.InferOutput<typeof Role>;

/** `POST /rbac/role_assignments`. */
export const CreateAssignment = v.strictObject({ user: UserName, role: Label });
export type CreateAssignment = v.InferInput<typeof CreateAssignment>;

/** The role of a user. */
export const Assignment = v.object({
  id: v.string(),
  user: v.string(),
  role: v.string(),
  source: v.string(),
  is_remote: v.boolean(),
});
export type Assignment = v.InferOutput<typeof Assignment>;

/** `POST /executions/{id}/links`. `ttl` is in seconds. */
export const CreateLink = v.strictObject({
  ttl: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(LINK_TTL_SECONDS_MAX)), 3_600),
});
export type CreateLink = v.InferInput<typeof CreateLink>;

/** A link that opens one execution for every bearer, until it expires or is revoked. */
export const Link = v.object({
  id: v.string(),
  url: v.string(),
  stream_url: v.string(),
  expires: v.string(),
});
export type Link = v.InferOutput<typeof Link>;

/** A link as lists show it, without its token. */
export const ListedLink = v.object({
  id: v.string(),
  execution_id: v.string(),
  created_by: v.string(),
  created_at: v.string(),
  expires: v.string(),
  revoked_at: v.exactOptional(v.string()),
  revoked_by: v.exactOptional(v.string()),
});
export type ListedLink = v.InferOutput<typeof ListedLink>;

/** `GET /user`: the user, the kind of credential, and the rights: an administrator may do everything, others have grants. */
export const User = v.object({
  username: v.string(),
  authentication: v.object({
    method: v.string(),
    location: v.string(),
    token_expire: v.exactOptional(v.string()),
  }),
  rbac: v.object({
    enabled: v.boolean(),
    roles: v.array(v.string()),
    is_admin: v.boolean(),
    permission_grants: v.array(
      v.object({
        resource_uid: v.nullable(v.string()),
        permission_types: v.array(v.picklist(PERMISSIONS)),
        pool: v.exactOptional(v.string()),
      }),
    ),
  }),
});
export type User = v.InferOutput<typeof User>;
