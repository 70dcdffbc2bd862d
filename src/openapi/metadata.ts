import { gone, list, type Operation, one, PAGE } from "./operation.ts";

const ANY_ATTRIBUTES = {
  include_attributes: "only these attributes, separated by commas",
  exclude_attributes: "without these attributes",
};

const ACTIONS = {
  id: "only these, separated by commas",
  pool: "only of this pool",
  pack: "only of this pack",
  name: "only of this name",
};
const KEYS_OF = {
  scope: "`system`: the shared keys, or `user`: one's own",
  user: "this user's keys, for an administrator",
};
const POOL =
  "of this pool; without it, of the only pool that has it, or of `default`; 400 if several pools have it";

/** Actions, runners and packs, and the key-value table that parameters refer to. */
export const METADATA_OPERATIONS: Record<string, Operation> = {
  "GET /api/v1/actions": {
    summary: "Registered actions",
    query: {
      ...PAGE,
      ...ACTIONS,
      ...ANY_ATTRIBUTES,
      exclude_attributes: "without `parameters` or `notify`",
    },
    answer: list("Action"),
  },
  "GET /api/v1/actions/views/overview": {
    summary: "Registered actions, each with the parameters of its runner beside its own",
    query: { ...PAGE, ...ACTIONS, include_attributes: ANY_ATTRIBUTES.include_attributes },
    answer: list("Action"),
  },
  "GET /api/v1/actions/views/overview/{ref}": {
    summary: "One action, with the parameters of its runner beside its own",
    query: { pool: POOL },
    answer: one("Action", "the action"),
  },
  "GET /api/v1/actions/views/parameters/{ref}": {
    summary: "The parameters of an action and of its runner",
    query: { pool: POOL },
    answer: one("ActionParameters", "the parameters"),
  },
  "GET /api/v1/actions/{ref}": {
    summary: "One action, by reference or id",
    query: { pool: POOL },
    answer: one("Action", "the action"),
  },
  "GET /api/v1/runnertypes": {
    summary: "Runners and their parameters",
    query: { ...PAGE, ...ANY_ATTRIBUTES, id: "only the one with this id", name: "only the one of this name" },
    answer: list("RunnerType", "all"),
  },
  "GET /api/v1/runnertypes/{name}": {
    summary: "One runner, by name or id",
    answer: one("RunnerType", "the runner"),
  },
  "GET /api/v1/packs": {
    summary: "Registered packs",
    query: {
      ...PAGE,
      ...ANY_ATTRIBUTES,
      id: "only the one with this id",
      name: "only of this name",
      ref: "only of this reference",
      pool: "only of this pool",
    },
    answer: list("Pack"),
  },
  "GET /api/v1/packs/{ref}": {
    summary: "One pack, by reference or id",
    query: { pool: POOL },
    answer: one("Pack", "the pack"),
  },
  "GET /api/v1/keys": {
    summary: "The keys that the user may see",
    query: {
      limit: "rows of a page, at most 500",
      offset: PAGE.offset,
      prefix: "only names with this prefix",
      decrypt: "`true` decrypts secret values",
      ...KEYS_OF,
      scope: "`system`, `user`, or `all`",
    },
    answer: list("Key"),
    audit: ["key.decrypt"],
  },
  "GET /api/v1/keys/{name}": {
    summary: "One key",
    query: { decrypt: "`true` decrypts a secret value", ...KEYS_OF },
    answer: one("Key", "the key"),
    audit: ["key.decrypt"],
  },
  "PUT /api/v1/keys/{name}": {
    summary: "Set a key",
    query: { scope: KEYS_OF.scope },
    body: "SetKey",
    answer: one("Key", "the key"),
    audit: ["key.set"],
  },
  "DELETE /api/v1/keys/{name}": {
    summary: "Delete a key",
    query: KEYS_OF,
    answer: gone(),
    audit: ["key.delete"],
  },
  "GET /api/v1/pools/{pool}/keys": {
    summary: "The keys that the runs of a pool may use",
    answer: one("PoolKeys", "the prefixes of their names; null for all keys"),
  },
  "PUT /api/v1/pools/{pool}/keys": {
    summary: "Grant a pool the keys with these prefixes, all keys (null) or none (an empty list)",
    body: "SetPoolKeys",
    answer: one("PoolKeys", "the new prefixes"),
    audit: ["pool.keys"],
  },
};
