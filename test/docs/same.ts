/** Titles of tests by their file in `test/`. */
type Tests = Record<string, readonly string[]>;

const CLIENT = "src/contract/client.test.ts";
const IDENTITY = "src/contract/client-identity.test.ts";
const CREATE = "src/contract/create.test.ts";
const LIST = "src/contract/list.test.ts";
const READ = "src/contract/read.test.ts";
const ACTIONS = "src/contract/actions.test.ts";
const VIEWS = "src/contract/action-views.test.ts";
const QUERY = "src/contract/query.test.ts";
const OUTPUT = "src/contract/output.test.ts";

const API_KEYS: Tests = {
  "src/contract/apikeys.test.ts": [
    "creates a key, lists it, and gets it by its id and by itself",
    "disables and enables a key by sending all of it back, and deletes it",
  ],
};
const KEY_HASHES: Tests = {
  "src/contract/apikeys.test.ts": [
    "shows hashes to an administrator that asks for them, and loads what it showed",
    "loads a key that StackStorm's server made",
    "shows no hash to a user, and takes none from one",
  ],
};
const ROLES: Tests = {
  [IDENTITY]: ["work for `role list`, `role get`, `role-assignment list` and `role-assignment get`"],
};
const KEYS: Tests = {
  [IDENTITY]: ["work for `runner get`, and for `key delete` in each scope"],
  "src/keys.test.ts": [
    "belong to one user, and need no grant",
    "of another user are open to administrators only",
    "of all scopes has the keys of each that the user may see",
    "opens shared secrets to administrators only",
  ],
};
const SECRETS: Tests = {
  [IDENTITY]: ["opens secrets to an administrator, and to no other user, by each method"],
};
const FOUND: Tests = {
  [ACTIONS]: [
    "are found by reference and by id",
    "are found by name and by id",
    "are listed by name, with the requested attributes",
    "is filtered by the attributes that name one",
  ],
  [QUERY]: ["of %s has its total count, and its limit if one is in force"],
};

/** The tests of each cell of docs/compatibility.md that says *same*. */
export const SAME: Record<string, Tests> = {
  "POST /api/v1/executions": { [CREATE]: ["answers 201 with StackStorm's document, without empty fields"] },
  "GET /api/v1/executions/{id}": { [READ]: ["is read by its id, and the newest as `last`"] },
  "GET /api/v1/executions/{id}/attribute/{attribute}": {
    [READ]: ["returns single attributes as raw values"],
  },
  "GET /api/v1/actions": { [ACTIONS]: ["are listed in StackStorm's shape, with empty fields"] },
  "GET /api/v1/actions/{ref}": FOUND,
  "GET /api/v1/actions/views/overview": { [VIEWS]: ["is listed for each action, with filters"] },
  "GET /api/v1/actions/views/overview/{ref}": {
    [VIEWS]: [
      "has the parameters of its runner beside its own, which count where both name one",
      "keeps immutable what the runner makes immutable, whatever the action says",
    ],
  },
  "GET /api/v1/runnertypes/{name}": FOUND,
  "DELETE /api/v1/keys/{name}": KEYS,
  "POST /auth/v1/tokens": {
    "src/identity.test.ts": ["is made from a name and a password, in StackStorm's shape"],
  },
  "POST /auth/v1/tokens/validate": {
    "src/identity.test.ts": ["tells an authorized caller whether another token is valid"],
  },
  "GET /api/v1/user": { "src/permissions.test.ts": ["has the grants of all their roles together"] },
  "GET /api/v1/apikeys/{id}": API_KEYS,
  "GET /api/v1/rbac/roles": ROLES,
  "GET /api/v1/rbac/roles/{role}": ROLES,
  "GET /api/v1/rbac/role_assignments": ROLES,
  "GET /api/v1/rbac/role_assignments/{id}": ROLES,

  "POST /api/v1/executions show_secrets": {
    [CREATE]: ["masks secrets unless an administrator asks for them"],
  },
  "POST /api/v1/executions body action, parameters, context": {
    [CREATE]: ["refuses %j", "accepts an explicit null", "keeps context, trace and notify"],
  },
  "POST /api/v1/executions body user": {
    [CREATE]: ["accepts another user's name from administrators only when roles count"],
  },
  "POST /api/v1/executions body delay": {
    [CREATE]: ["holds an execution back, which then takes its place in the queue", "of zero counts as none"],
  },
  "POST /api/v1/executions header st2-context": {
    [CREATE]: ["reads more context from a header", "refuses the st2-context %j"],
  },
  "GET /api/v1/executions limit, offset": {
    [LIST]: ["counts all matches, and skips the given number"],
    [QUERY]: ["have bounds: %s", "without a limit has all rows", "longer than a page needs an administrator"],
  },
  "GET /api/v1/executions id, action, status, parent, user, runner, liveaction": {
    [LIST]: [
      "lists by ids, by live action and by parent",
      '["action=listed.even"',
      '["status=failed"',
      '["runner=',
    ],
  },
  "GET /api/v1/executions rule, trigger, trigger_type, trigger_instance": {
    [LIST]: ['["rule=', '["trigger='],
  },
  "GET /api/v1/executions timestamp, timestamp_gt, timestamp_lt": {
    [LIST]: ["timestamp=", "timestamp_gt=", "timestamp_lt="],
  },
  "GET /api/v1/executions sort_asc, sort_desc": { [LIST]: ["sort_asc=", "sort_desc="] },
  "GET /api/v1/executions/{id} show_secrets, max_result_size": {
    [READ]: ["lacks a result that is larger than the given size"],
    "src/parameters.test.ts": ["are shown to an administrator who asks for them"],
  },
  "PUT /api/v1/executions/{id} show_secrets": SECRETS,
  "DELETE /api/v1/executions/{id} show_secrets": SECRETS,
  "GET /api/v1/executions/{id}/children depth": {
    [LIST]: ["lists the whole tree depth first, each level by start time"],
  },
  "GET /api/v1/executions/{id}/result download, compress, pretty_format": {
    [READ]: ["returns its result as a file: compact or pretty, plain or compressed"],
  },
  "GET /api/v1/executions/views/filters types": { [LIST]: ["returns the requested filters only"] },
  "POST /api/v1/executions/{id}/re_run no_merge, show_secrets": {
    [CREATE]: ["drops the old parameters on request"],
    ...SECRETS,
  },
  "POST /api/v1/executions/{id}/re_run body parameters, tasks, reset, user, delay": {
    [CREATE]: [
      "runs the same again, with some parameters replaced and its origin recorded",
      "waits first with a delay",
      "List of tasks to reset does not match the tasks to rerun.",
    ],
  },
  "GET /api/v1/executions/{id}/output output_type": {
    [OUTPUT]: ["is the raw text of both streams, or of one"],
  },
  "GET /stream/v1/executions/{id}/output output_type": {
    "src/output.test.ts": ["is StackStorm's on the stream service: its event, its fields, its EOF"],
  },
  "GET /stream/v1/stream events, action_refs, execution_ids, end_event, end_execution_id": {
    "src/stream.test.ts": ["is filtered by %s", "ends with the named execution"],
  },
  "GET /api/v1/actions id, pack, name, limit, offset, include_attributes, exclude_attributes": {
    [ACTIONS]: ["are filtered by %s", "are paged, and have the requested attributes"],
  },
  "GET /api/v1/actions/views/overview id, pack, name, limit, offset": {
    [VIEWS]: ["is listed for each action, with filters"],
  },
  "GET /api/v1/runnertypes id, name": FOUND,
  "GET /api/v1/runnertypes limit, offset, include_attributes, exclude_attributes": FOUND,
  "GET /api/v1/packs id, name, ref, limit, offset, include_attributes, exclude_attributes": {
    ...FOUND,
    [ACTIONS]: [
      "is filtered by the attributes that name one",
      "are listed, and found by reference and by id",
    ],
  },
  "GET /api/v1/keys scope, user, decrypt": KEYS,
  "GET /api/v1/keys/{name} scope, user, decrypt": KEYS,
  "DELETE /api/v1/keys/{name} scope, user": KEYS,
  "GET /api/v1/apikeys limit, offset, show_secrets": { [IDENTITY]: ["page the keys"], ...KEY_HASHES },
  "GET /api/v1/apikeys/{id} show_secrets": KEY_HASHES,
  "GET /api/v1/rbac/roles system": ROLES,
  "GET /api/v1/rbac/role_assignments user, role": ROLES,

  "X-Total-Count, X-Limit, X-Request-ID, CORS headers": {
    [QUERY]: ["of %s has its total count", "has the id of its request: the given one, or a new one"],
    "src/identity.test.ts": ["names the pages that may read it", "to a preflight needs no credential"],
  },
  "a script's arguments": {
    "contract/arguments.test.ts": ["a script's arguments are those that StackStorm passes"],
  },
  "falsy attributes of an execution": { [CREATE]: ["without empty fields"] },
  "numbers in parameters and results": {
    "journey/numbers.test.ts": ["numbers that an action prints", "numbers that a user gives"],
  },
  timestamps: { [CLIENT]: ["start_timestamp: stamp", "end_timestamp: stamp"] },
  "a key that a run may not read": {
    "src/run-rights.test.ts": [
      "that its user is granted, and gets the reason for each other name, whether it exists or not",
    ],
  },

  "core.local, core.local_sudo, core.remote, core.remote_sudo": {
    "journey/sudo.test.ts": ["core.local_sudo", "core.remote"],
    "journey/runners.test.ts": ["core.local", "core.remote"],
  },
  "core.noop, core.pause, core.uuid": {
    "journey/core-pack.test.ts": ["core.noop", "core.pause", "core.uuid"],
  },

  "st2 run, st2 action execute": {
    [CLIENT]: ["work for `run`: it gets the action", "work for `run` with environment, delay and a trace"],
  },
  "st2 action list, st2 action get": {
    [CLIENT]: ["`action list`, `action get`, `runner list` and `whoami`"],
  },
  "st2 execution list, st2 execution get": {
    [CLIENT]: ["work for `execution get`", "work for `execution list`, with and without filters"],
  },
  "st2 execution cancel, st2 execution re-run": {
    [CLIENT]: ["work for `execution cancel`, `pause`, `resume` and `re-run`"],
  },
  "st2 execution pause, st2 execution resume": { "src/chain-steer.test.ts": ['put(id, "pausing")'] },
  "st2 runner list, st2 runner get": {
    [CLIENT]: ["`runner list`"],
    [IDENTITY]: ["work for `runner get`"],
  },
  "st2 auth, st2 login, st2 whoami": { [CLIENT]: ["the st2 command's sign-in", "`whoami`"] },
  "st2 apikey list, st2 apikey get, st2 apikey create, st2 apikey enable, st2 apikey disable, st2 apikey delete, st2 apikey load":
    {
      "src/contract/apikeys.test.ts": ['describe("st2 apikey"', "loads a key that StackStorm's server made"],
    },
  "st2 role list, st2 role get, st2 role-assignment list, st2 role-assignment get": ROLES,
};
