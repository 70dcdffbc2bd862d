import type { CreateExecution, Execution } from "../../protocol/model/execution.ts";
import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import type { EndEvent } from "../../protocol/wire/record.ts";

/** An execution to create: the body of the request, and the token that finds it if the answer was lost. */
export interface Wanted {
  request: CreateExecution;
  token: string;
}

/** A program's notes on one start. Line numbers count over both streams. */
export interface Journal {
  pid: number;
  started_ms: number;
  /** The last line that it was about to write, and the last that it has written. */
  about: number;
  written: number;
  /** The exit code that it was about to return; undefined if something else ended it. */
  exit: number | undefined;
  ended_ms: number | undefined;
  /** A signal that it caught. */
  signal: string | undefined;
}

/** One follower's record of the log, without the fields that its format lacks. */
export interface Seen {
  /** Its name in violations. */
  name: string;
  /** The number behind which chunks were requested; undefined for a follower of the last lines. */
  after: number | undefined;
  type: OutputType | undefined;
  /** Whether it is shown only the execution's own output, without its children's. */
  own_only: boolean;
  chunks: SeenChunk[];
  /** The first chunk as it came. The last lines may begin within it. */
  first: Chunk | undefined;
  /** The bytes of a follower whose form has no chunks. */
  bytes: Buffer | undefined;
  /** The bytes that such a follower had before each new start. */
  partial: Buffer[];
  ends: SeenEnd[];
  /** Records that came after the first end. */
  after_end: number;
  outcome: Outcome;
}

export interface SeenChunk {
  seq: number;
  first_seq: number;
  /** Identifies a line of the log. */
  sum: string;
  at_ms: number;
}

/** An end as far as the form states it. StackStorm's has no status. */
export type SeenEnd = Partial<EndEvent>;

/** How a follower ended: by the log's end, by a permanent error, or because it was stopped. */
export type Outcome =
  | { how: "end" }
  | { how: "error"; code: string; text: string }
  | { how: "stopped" }
  | { how: "unfinished" };

/** A user's act on an execution, and the answer. */
export interface Act {
  what: "cancel" | "pause" | "resume" | "pin" | "unpin" | "re_run";
  at_ms: number;
  answered_ms: number;
  /** The server took it; `unknown` where the answer was lost. */
  answer: "done" | "refused" | "unknown";
}

/** The effects that a round's faults explain. No other effect is allowed. */
export interface Allowances {
  /** Reasons of gaps that may stand in an output. */
  gap_reasons: readonly string[];
  /** An agent was away for longer than its grace, stopped or killed. */
  abandoned: boolean;
  /** A program could not be started: its disk was full. */
  start_failure: boolean;
  /** Requests were repeated, so an act may have been done several times. */
  repeated: boolean;
}

export const NOTHING_ALLOWED: Allowances = {
  gap_reasons: [],
  abandoned: false,
  start_failure: false,
  repeated: false,
};

/** The log as it reads at the end. */
export interface Replay {
  chunks: Chunk[];
  end: EndEvent | undefined;
  /** The answer to `format=text`. */
  text: Buffer;
}

export type Expiry = "nothing" | "output" | "all";

/** All facts about one execution, after the faults have stopped and everything has settled. */
export interface Facts {
  id: string;
  /** `gone` is a 404 after its time is over. */
  document: Execution | "gone";
  /** `expired`: 410. */
  replay: Replay | "expired" | "gone";
  journals: Journal[];
  followers: Seen[];
  acts: Act[];
  /** The requested expiry; undefined if the request is unknown. */
  expiry: Expiry | undefined;
  /** When these facts were read. */
  read_ms: number;
  allowances: Allowances;
  /** A parent's children, which are checked as executions too. */
  children: Facts[];
}

export interface Violation {
  execution?: string;
  rule: string;
  text: string;
}
