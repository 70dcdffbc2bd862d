import { list, made, type Operation, ok, one, PAGE } from "./operation.ts";

const NEVER_SET = "StackStorm's: executions have none here, so only `null` matches";
const ATTRIBUTES = {
  include_attributes: "only these, separated by commas; `id` is always included",
  exclude_attributes: "without these: `result`, `status`, `trigger_instance`",
  show_secrets: "`true` shows an admin the values of secret parameters",
};

const SHOW_SECRETS = { show_secrets: ATTRIBUTES.show_secrets };

/** The routes that create, list and end executions. */
export const EXECUTION_OPERATIONS: Record<string, Operation> = {
  "POST /api/v1/executions": {
    summary: "Start an action",
    query: SHOW_SECRETS,
    body: "CreateExecution",
    answer: made("Execution", "the new execution; the header `st2-context` (JSON) adds to its context"),
    audit: ["execution.run", "execution.show_secrets"],
  },
  "GET /api/v1/executions": {
    summary: "Executions, newest first",
    query: {
      ...PAGE,
      ...ATTRIBUTES,
      id: "only these, separated by commas",
      action: "only of this action",
      status: "only in this status",
      user: "only of this user",
      action_contains: "only of actions whose reference contains this, in any case of the letters A to Z",
      user_contains: "only of users whose name contains this, in any case of the letters A to Z",
      runner: "only of this runner",
      pool: "only in this pool",
      parent: "only the children of this one; `null`: only those without a parent",
      liveaction: "only the one with this live action",
      timestamp: "only from A to B, `A..B`, in that direction",
      timestamp_gt: "only executions that started later, oldest first",
      timestamp_lt: "only executions that started earlier",
      sort: "`timestamp`, `action`, `status`, `user`, `runner` or `id`; `-` before it reverses the order",
      sort_asc: "oldest first",
      sort_desc: "newest first",
      filter: "`field:value`, several separated by spaces: `action.ref`, `context.user`, `runner.name` …",
      ...Object.fromEntries(
        ["rule", "trigger", "trigger_type", "trigger_instance"].map((name) => [name, NEVER_SET]),
      ),
    },
    answer: list(
      "Execution",
      "a page; `X-Total-Count` says how many match. Results come with at most 100 executions",
    ),
    audit: ["execution.show_secrets"],
  },
  "GET /api/v1/executions/views/filters": {
    summary: "The values by which executions can be filtered",
    query: { types: "only of these, separated by commas: `action`, `status`, `runner`, `user` …" },
    answer: ok("a list for each"),
  },
  "GET /api/v1/executions/{id}": {
    summary: "One execution",
    query: {
      ...ATTRIBUTES,
      max_result_size: "bytes of the largest result that the answer contains, at most 14 MiB",
    },
    answer: one("Execution", "the execution"),
    audit: ["execution.show_secrets"],
  },
  "GET /api/v1/executions/{id}/children": {
    summary: "All executions below one, depth first, each level by its start",
    query: { ...ATTRIBUTES, depth: "levels to go down; -1 for all" },
    answer: list("Execution", "all of them"),
    audit: ["execution.show_secrets"],
  },
  "GET /api/v1/executions/{id}/attribute/{attribute}": {
    summary: "`result`, `status` or `trigger_instance` alone",
    answer: ok("its value as JSON"),
  },
  "GET /api/v1/executions/{id}/result": {
    summary: "The result alone, as a file",
    query: {
      download: "`true`: for a browser to save",
      compress: "`true`: as gzip",
      pretty_format: "`true`: indented",
    },
    answer: { status: 200, media: ["text/json", "application/x-gzip"], text: "the result as JSON" },
  },
  "PUT /api/v1/executions/{id}": {
    summary: "Cancel, pause or resume an execution, or report the status of an external runner",
    query: SHOW_SECRETS,
    body: "UpdateExecution",
    answer: one("Execution", "the execution"),
    audit: [
      "execution.cancel",
      "execution.pause",
      "execution.resume",
      "execution.update",
      "execution.show_secrets",
    ],
  },
  "DELETE /api/v1/executions/{id}": {
    summary: "Cancel an execution",
    query: SHOW_SECRETS,
    answer: one("Execution", "the execution, or a `faultstring` if it has completed"),
    audit: ["execution.cancel", "execution.show_secrets"],
  },
  "POST /api/v1/executions/{id}/pin": {
    summary: "Keep an execution and its output beyond their retention time",
    answer: one("Execution", "the execution, `pinned`"),
    audit: ["execution.pin"],
  },
  "DELETE /api/v1/executions/{id}/pin": {
    summary: "Remove the pin: the retention time starts again",
    answer: one("Execution", "the execution"),
    audit: ["execution.unpin"],
  },
  "POST /api/v1/executions/{id}/redact": {
    summary:
      "Remove texts from an ended execution, and from those above and below it; for an administrator, or the user that started it",
    body: "RedactExecution",
    audit: ["execution.redact"],
    answer: one(
      "RedactedExecution",
      "`done`: everything is rewritten; otherwise the server continues by itself",
    ),
  },
  "POST /api/v1/executions/index": {
    summary: "Write the executions of some objects to an index that has lost them; for an administrator",
    body: "IndexExecutions",
    audit: ["execution.index"],
    answer: one("IndexedExecutions", "the executions, and whether the row of each was missing or older"),
  },
  "POST /api/v1/executions/{id}/re_run": {
    summary: "Run an execution again, with some parameters replaced",
    query: { no_merge: "`true`: without its earlier parameters", ...SHOW_SECRETS },
    body: "ReRunExecution",
    answer: made("Execution", "the new execution"),
    audit: ["execution.re_run", "execution.show_secrets"],
  },
};
