import type { CreateExecution, Execution } from "../../protocol/model/execution.ts";
import type { Chunk, OutputType } from "../../protocol/wire/chunk.ts";
import type { EndEvent } from "../../protocol/wire/record.ts";

/** An execution to ask for: the body of its creation, and the token by which it is found where the answer was lost. */
export interface Wanted {
  request: CreateExecution;
  token: string;
}

/** A program's notes on one start of it. Numbers of lines count over both streams. */
export interface Journal {
  pid: number;
  started_ms: number;
  /** The last line that it was about to write, and the last that is written. */
  about: number;
  written: number;
  /** The exit code that it was about to end with; undefined where something else ended it. */
  exit: number | undefined;
  ended_ms: number | undefined;
  /** A signal that it caught. */
  signal: string | undefined;
}

/** One follower's record of the log, without the fields that its format lacks. */
export interface Seen {
  /** Its name in violations. */
  name: string;
  /** Chunks behind this number were asked for; of a follower by lines, undefined. */
  after: number | undefined;
  type: OutputType | undefined;
  /** It is shown what the execution itself wrote, and not what its children did. */
  own_only: boolean;
  chunks: SeenChunk[];
  /** The first chunk as it came: the beginning of the last lines may lie within it. */
  first: Chunk | undefined;
  /** The bytes, of a follower whose form has no chunks. */
  bytes: Buffer | undefined;
  /** The bytes that such a follower had before it began again. */
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

/** An end, as far as the form says it: StackStorm's says no status. */
export type SeenEnd = Partial<EndEvent>;

/** How a follower came to its end: by the log's, by an error that trying again does not mend, or as it was told to stop. */
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
  /** Requests were repeated, so that a wish may have been fulfilled more than once. */
  repeated: boolean;
}

export const NOTHING_ALLOWED: Allowances = {
  gap_reasons: [],
  abandoned: false,
  start_failure: false,
  repeated: false,
};

/** The log as it is read once all is over. */
export interface Replay {
  chunks: Chunk[];
  end: EndEvent | undefined;
  /** The answer to `format=text`. */
  text: Buffer;
}

export type Expiry = "nothing" | "output" | "all";

/** All that is known of one execution once the faults have stopped and all has settled. */
export interface Facts {
  id: string;
  /** `gone`: 404, as its time is over. */
  document: Execution | "gone";
  /** `expired`: 410. */
  replay: Replay | "expired" | "gone";
  journals: Journal[];
  followers: Seen[];
  acts: Act[];
  /** What of it was asked to expire soon; undefined where it is not known what was asked for. */
  expiry: Expiry | undefined;
  /** When all this was read. */
  read_ms: number;
  allowances: Allowances;
  /** Of a parent: its children, which are checked as executions of their own, too. */
  children: Facts[];
}

export interface Violation {
  execution?: string;
  rule: string;
  text: string;
}
