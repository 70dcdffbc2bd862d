import { LEAD_LINES_MAX, SEARCH_MATCHES_MAX, TAIL_LINES_MAX } from "../../protocol/base/reader-limits.ts";
import { type Operation, ok } from "./operation.ts";

const OUTPUT = {
  output_type: "`stdout`, `stderr`, `other` or `all`; `type` is another name for it",
  after: "start after this sequence number (`Last-Event-ID` does the same)",
  tail: `start with the last N lines, as they are numbered, at most ${TAIL_LINES_MAX}`,
  follow: "`false` ends after the stored output has been sent",
};
const LINES = {
  line: "the line to begin with, from 1; without it, the last lines, or for a search and for folds line 1",
  type: "only lines of these streams, separated by commas; `line` counts those",
};

/** The routes that read, search and follow the output and the events of executions. */
export const OUTPUT_OPERATIONS: Record<string, Operation> = {
  "GET /api/v1/executions/{id}/output": {
    summary: "The output: raw text, or records as NDJSON, server-sent events or WebSocket messages",
    query: {
      ...OUTPUT,
      format:
        "`text`, `plain` (what a terminal shows), `ndjson` or `sse`; else the Accept and Upgrade headers decide",
      ping_ms:
        "for a WebSocket: how often its reader sends `ping`; the server closes it when four are missing",
    },
    answer: {
      status: 200,
      schema: "Chunk",
      media: ["text/plain", "application/x-ndjson", "text/event-stream"],
      text: "stays open until the execution has ended",
    },
  },
  "GET /api/v1/executions/{id}/output/lines": {
    summary: "A page of the output, by batches, for readers that page in both directions",
    query: {
      ...LINES,
      seq: "without `line`: the chunk to begin with, by its sequence number",
      lead: `so many lines of these streams before these as well, at most ${LEAD_LINES_MAX}`,
    },
    answer: {
      status: 200,
      media: ["application/x-ndjson"],
      text: "`page` with the number of lines, then each `batch` with its place among the lines, and its chunks",
    },
  },
  "GET /api/v1/executions/{id}/output/folds": {
    summary: "The marks of groups and of repeated lines; a request reads a bounded part of the log",
    query: LINES,
    answer: ok("`{marks, next, total, done}`; a mark has its `place` and its `kind`"),
  },
  "GET /api/v1/executions/{id}/search": {
    summary: "Matching lines; a request reads a bounded part of the log, and returns where to continue",
    query: {
      q: "the text to search for",
      regex: "`true`: `q` is a regular expression (RE2's)",
      case: "`true`: case counts",
      ...LINES,
      from_seq: "to continue: the chunk to read from, as the answer before has it",
      limit: `matches to find, at most ${SEARCH_MATCHES_MAX}; with 0, they are only counted`,
    },
    answer: ok(
      "`{matches, count, next, from_seq, total, done}`; a match has its `line`, `place`, `seq`, `start` and `text`",
    ),
  },
  "GET /stream/v1/executions/{id}/output": {
    summary: "The output as StackStorm's events, ended by EOF",
    query: OUTPUT,
    answer: { status: 200, media: ["text/event-stream"], text: "`st2.execution.output__create` events" },
  },
  "GET /stream/v1/stream": {
    summary: "StackStorm's event stream: changes of every execution, and output on request",
    query: {
      events: "names, separated by commas; `*` and `?` stand for any text and character",
      action_refs: "only of these actions",
      execution_ids: "only of these executions",
      parent: "only of this execution and all below it",
      end_event: "the event that ends the stream, with `end_execution_id`",
      end_execution_id: "the execution whose end ends the stream",
      replay: "`false`: without the earlier output of the ending execution and of all below it",
    },
    answer: { status: 200, media: ["text/event-stream"], text: "events, as StackStorm's clients read them" },
  },
};
