import { SEARCH_MATCHES_MAX, TAIL_LINES_MAX } from "../protocol/limits.ts";
import type { Operation } from "./openapi.ts";

/** What every list takes. */
export const PAGE = { limit: "rows of a page, at most 100; -1 for all", offset: "rows to pass over" };

const NEVER_SET = "StackStorm's: no execution here has one, so only `null` matches any";
const ATTRIBUTES = {
  include_attributes: "only these, separated by commas; `id` is always there",
  exclude_attributes: "not these: `result`, `status`, `trigger_instance`",
  show_secrets: "`true` shows an admin the values of secret parameters",
};
const OUTPUT = {
  output_type: "`stdout`, `stderr`, `other` or `all`; `type` is the same",
  after: "start behind this sequence number (`Last-Event-ID` does the same)",
  tail: `start with the last N lines, at most ${TAIL_LINES_MAX}`,
  follow: "`false` ends once all that there is has been sent",
};
const LINES = {
  line: "the line to begin with, from 1; without it the last ones, or the first to search",
  type: "only lines of these streams, separated by commas; `line` counts those",
};

/** Executions: what starts, lists, reads and ends them. */
export const EXECUTION_OPERATIONS: Record<string, Operation> = {
  "POST /api/v1/executions": {
    summary: "Start an action",
    query: { show_secrets: ATTRIBUTES.show_secrets },
    body: "CreateExecution",
    answer: {
      status: 201,
      schema: "Execution",
      text: "the new execution; the header `st2-context` (JSON) adds to its context",
    },
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
      runner: "only of this runner",
      parent: "only the children of this one; `null`: only those that are nobody's",
      liveaction: "only the one with this live action",
      timestamp: "only from A to B, `A..B`, in that direction",
      timestamp_gt: "only what began later, oldest first",
      timestamp_lt: "only what began earlier",
      sort: "`timestamp`, `action`, `status`, `user`, `runner` or `id`; `-` before it turns the order round",
      sort_asc: "oldest first",
      sort_desc: "newest first",
      filter: "`field:value`, several separated by spaces: `action.ref`, `context.user`, `runner.name` …",
      ...Object.fromEntries(
        ["rule", "trigger", "trigger_type", "trigger_instance"].map((name) => [name, NEVER_SET]),
      ),
    },
    answer: {
      status: 200,
      schema: "Execution",
      list: true,
      text: "a page; `X-Total-Count` says how many match. Results come with at most 100 executions",
    },
  },
  "GET /api/v1/executions/views/filters": {
    summary: "The values that executions have, to filter by",
    query: { types: "only of these, separated by commas: `action`, `status`, `runner`, `user` …" },
    answer: { status: 200, text: "a list for each" },
  },
  "GET /api/v1/executions/{id}": {
    summary: "One execution",
    query: { ...ATTRIBUTES, max_result_size: "bytes up to which a result is in the answer, at most 14 MiB" },
    answer: { status: 200, schema: "Execution", text: "the execution" },
  },
  "GET /api/v1/executions/{id}/children": {
    summary: "All executions below one, depth first, each level by its start",
    query: { ...ATTRIBUTES, depth: "levels to go down; -1 for all" },
    answer: { status: 200, schema: "Execution", list: true, text: "all of them" },
  },
  "GET /api/v1/executions/{id}/attribute/{attribute}": {
    summary: "`result`, `status` or `trigger_instance` alone",
    answer: { status: 200, text: "its value as JSON" },
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
    summary: "Cancel, pause or resume an execution, or say how it went if it is run by none of the agents",
    body: "UpdateExecution",
    answer: { status: 200, schema: "Execution", text: "the execution" },
  },
  "DELETE /api/v1/executions/{id}": {
    summary: "Cancel an execution",
    answer: {
      status: 200,
      schema: "Execution",
      text: "the execution, or a `faultstring` where it has completed",
    },
  },
  "POST /api/v1/executions/{id}/pin": {
    summary: "Keep an execution and its output, whatever their time",
    answer: { status: 200, schema: "Execution", text: "the execution, `pinned`" },
  },
  "DELETE /api/v1/executions/{id}/pin": {
    summary: "Take the pin off: the time begins anew",
    answer: { status: 200, schema: "Execution", text: "the execution" },
  },
  "POST /api/v1/executions/{id}/re_run": {
    summary: "Run the same again, with parameters replaced",
    query: { no_merge: "`true`: without the parameters that it had" },
    body: "ReRunExecution",
    answer: { status: 201, schema: "Execution", text: "the new execution" },
  },
  "GET /api/v1/executions/{id}/output": {
    summary: "The output: raw text, or records as NDJSON, server-sent events or WebSocket messages",
    query: {
      ...OUTPUT,
      format:
        "`text`, `plain` (without escape sequences), `ndjson` or `sse`; else the Accept and Upgrade headers decide",
    },
    answer: {
      status: 200,
      schema: "Chunk",
      media: ["text/plain", "application/x-ndjson", "text/event-stream"],
      text: "stays open until the execution has ended",
    },
  },
  "GET /api/v1/executions/{id}/output/lines": {
    summary: "A page of the output, of whole batches, for readers that go to and fro",
    query: LINES,
    answer: {
      status: 200,
      media: ["application/x-ndjson"],
      text: "`page` with the number of lines, then each `batch` with its place among them, and its chunks",
    },
  },
  "GET /api/v1/executions/{id}/search": {
    summary: "Lines that match; a request reads a bounded part of the log, and says where to go on",
    query: {
      q: "what to look for",
      regex: "`true`: it is a regular expression (RE2's)",
      case: "`true`: case counts",
      ...LINES,
      limit: `matches to find, at most ${SEARCH_MATCHES_MAX}`,
    },
    answer: {
      status: 200,
      text: "`{matches, next, total, done}`; a match has its `line`, `place`, `seq` and `text`",
    },
  },
  "GET /stream/v1/executions/{id}/output": {
    summary: "The output as StackStorm's events, ended by EOF",
    query: OUTPUT,
    answer: { status: 200, media: ["text/event-stream"], text: "`st2.execution.output__create` events" },
  },
  "GET /stream/v1/stream": {
    summary: "StackStorm's event stream: changes of every execution, and output where it is asked for",
    query: {
      events: "names, separated by commas; `*` and `?` stand for any text and character",
      action_refs: "only of these actions",
      execution_ids: "only of these executions",
      parent: "only of this execution and all below it",
      end_event: "the event that ends the stream, with `end_execution_id`",
      end_execution_id: "the execution whose end ends the stream",
      replay: "`false`: without the output that the ending execution has written so far",
    },
    answer: { status: 200, media: ["text/event-stream"], text: "events, as StackStorm's clients read them" },
  },
};
