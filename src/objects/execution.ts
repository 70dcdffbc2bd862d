import type { ErrorCode } from "../../protocol/base/errors.ts";
import type { Status } from "../../protocol/base/status.ts";
import type { Tombstone } from "../../protocol/base/tombstone.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import type { EndExecution, ExpandExecution } from "../../protocol/wire/agent.ts";
import type { AppendResult } from "../../protocol/wire/append.ts";
import type { AuditRecord } from "../index/audit.ts";
import type { EndedAnswers, EndedKind, EndedQueries, Versioned } from "./ended.ts";
import type { AbandonReason, GiveResult, LeaseHolder } from "./lease.ts";
import type { BatchHead, LinesPage, LinesQuery, Page, Rest, TailQuery, TailStart, Totals } from "./log.ts";
import type { Wanted } from "./pool.ts";
import type { Feeder } from "./relay.ts";
import type { Birth, ExecutionSpec } from "./spec.ts";

/** The result of a creation: the document, or the reason why it was refused. */
export type CreateResult =
  | { kind: "made"; execution: Execution }
  | { kind: "refused"; code: Extract<ErrorCode, "storage_full" | "unavailable"> };

/** The result of a cancel: the document, or the status in which it is refused. */
export type CancelResult = { kind: "canceled"; execution: Execution } | { kind: "refused"; status: Status };

/** The result of an external update: the document, or the status in which it is refused. */
export type UpdateResult = { kind: "updated"; execution: Execution } | { kind: "refused"; status: Status };

/** The result of a pause or a resume: the document, or the refusal in StackStorm's words. */
export type PauseResult = { kind: "taken"; execution: Execution } | { kind: "refused"; reason: string };

/**
 * The result of a redaction: whether everything is rewritten (else the alarm continues), or the status in which it is
 * refused.
 */
export type RedactResult = { kind: "redacted"; done: boolean } | { kind: "refused"; status: Status };

/** Why an execution waits for an agent, and since when. */
export interface Waiting {
  reason: string;
  since: string;
}

/** The facts of an execution that a reader needs before it follows. */
export interface Summary {
  status: Status;
  /** How many changes of status there were, with the creation. */
  changes: number;
  completed: boolean;
  /** The tombstone of the output, once it has expired. */
  expired: Tombstone | undefined;
  totals: Totals;
  action_ref: string;
  runner_ref: string;
  pool: string;
}

/** The user and the pool of a run, and its rights. */
export type LeasedRun = Pick<ExecutionSpec, "context" | "pool" | "rights">;

/** How a child ended. */
export interface ChildEnd {
  status: Status;
  result: Record<string, unknown>;
  /** Texts in the result that no document may show. */
  secrets: string[];
}

/** The methods of an execution's object. Every method that changes something stores the change before it answers. */
export interface ExecutionStub extends Feeder {
  /**
   * Makes the execution, its row in the index and the entry of the audit log, and puts it into the queue (after its delay;
   * a failed one is not queued). Safe to repeat. If the index is unavailable or the disk is full, it refuses and makes
   * nothing.
   */
  create(spec: ExecutionSpec, birth?: Birth, audit?: AuditRecord): Promise<CreateResult>;
  /** The document; it shows secret values only if the caller requests them. */
  get(options?: { show_secrets?: boolean }): Promise<Execution | undefined>;
  spec(): Promise<ExecutionSpec | undefined>;
  /** The user and the pool of the run, and its rights. */
  run(): Promise<LeasedRun | undefined>;
  /**
   * The facts that readers need. It answers once it is certain whether the execution exists: a parent that looks for a
   * child relies on this.
   */
  summary(): Promise<Summary | undefined>;
  /** Why it waits for an agent, and since when; undefined if it does not wait. */
  waiting(): Promise<Waiting | undefined>;
  /** Where the last lines begin, for readers that start there. */
  lastLines(query: TailQuery): Promise<TailStart>;
  /** Whole batches around a line, or the last ones; for readers that page in both directions. */
  linesPage(query: LinesQuery): Promise<LinesPage>;
  /** Answers a question about an output that is final, for the edge's cache; undefined if it may still change. */
  ended<Kind extends EndedKind>(
    kind: Kind,
    query: EndedQueries[Kind],
  ): Promise<Versioned<EndedAnswers[Kind]> | undefined>;
  /** The pool gives the execution to an agent. */
  lease(holder: LeaseHolder, agent_name: string): Promise<GiveResult>;
  /** Whether the holder's lease is in force. */
  holdsLease(holder: LeaseHolder): Promise<boolean>;
  /** The run, while the holder's lease is in force. With `issues_token`, the end of the execution revokes the run's token. */
  runUnder(holder: LeaseHolder, issues_token?: boolean): Promise<LeasedRun | undefined>;
  /** The agent has started the process. */
  start(holder: LeaseHolder): Promise<AppendResult>;
  /** Voids a lease whose agent has not started the process. False, without a change, if it has. */
  unlease(holder: LeaseHolder): Promise<boolean>;
  /** Appends a checked batch: stores one row, then sends it to the followers. */
  append(holder: LeaseHolder, head: BatchHead, body: string): Promise<AppendResult>;
  /** The agent reports that the action is for several hosts: each becomes a child, and the lease ends. */
  expand(holder: LeaseHolder, plan: ExpandExecution): Promise<AppendResult>;
  /**
   * The agent ends the execution, once the log holds all that it produced. With the rest of the output, this is the start and the
   * last append too, and the answer is `appended` if it has stored them. Safe to repeat.
   */
  end(holder: LeaseHolder, end: EndExecution, rest?: Rest): Promise<AppendResult>;
  /**
   * The pool has lost its agent, last heard at `heard_ms`; null if the pool does not know. The agent has the grace time to come
   * back, by its socket or with output.
   */
  agentLost(holder: LeaseHolder, heard_ms: number | null): Promise<void>;
  /** The agent is back and still runs it. Tells whether it missed a cancel, and whether it still holds the lease. */
  agentBack(holder: LeaseHolder): Promise<{ held: boolean; cancel: boolean; wanted?: Wanted }>;
  /** The agent cannot end it any more: the log gets a gap, and the execution is abandoned. */
  abandon(holder: LeaseHolder, reason: AbandonReason): Promise<boolean>;
  /** Appends a child's output to this log. A repeated batch is stored once. */
  appendFromChild(id: string, head: BatchHead, body: string): Promise<{ next: number; watched: boolean }>;
  /** A child has ended, and its parent has all its output. Safe to repeat. */
  childEnded(id: string, end: ChildEnd): Promise<void>;
  /** A child pauses, and its parent has all its output so far. Safe to repeat. */
  childPaused(id: string): Promise<void>;
  /** A user cancels the execution. Without an agent it is canceled at once. */
  cancel(user: string): Promise<CancelResult>;
  /** A user pauses a chain: it pauses once its current task has ended or paused. */
  pause(user: string): Promise<PauseResult>;
  /** A user resumes a chain that pauses. */
  resume(user: string): Promise<PauseResult>;
  /** An external runner reports the execution's status. An agent that holds the execution is told to end it. */
  update(status: Status, result?: Record<string, unknown>): Promise<UpdateResult>;
  /**
   * Sets or removes the pin, which keeps the execution beyond its retention time; undefined if it does not exist any more.
   */
  pin(pinned: boolean): Promise<Execution | undefined>;
  /**
   * Removes texts from everything that is stored of the execution and of its children; undefined if it does not exist any
   * more.
   */
  redact(texts: string[]): Promise<RedactResult | undefined>;
  /**
   * Writes its row to an index that may have lost it, and says whether the row was missing or older; undefined if the object has no
   * execution. With `anew`, it also replaces a row that seems right.
   */
  tellIndexAgain(anew: boolean): Promise<{ id: string; written: boolean } | undefined>;
  /** The lines after a sequence number, about as many characters as are requested; undefined at the end. For relays. */
  linesAfter(seq: number, chars_wanted: number): Promise<Page | undefined>;
  /** Connects a follower that the Worker has authorised, or names the relay to go to. The options are in the address. */
  fetch(request: Request): Promise<Response>;
  /** Ends the followers of a credential: it is void. */
  drop(credential: string): Promise<void>;
  /** How many followers of a credential are open. */
  openOf(credential: string): Promise<number>;
}

/** The object of an execution. The generated stub type drops every result that holds `unknown`, so the type is named here. */
export function executionStub(env: Env, id: string): ExecutionStub {
  return env.EXECUTION.getByName(id) as unknown as ExecutionStub;
}

/** The object with an id of the platform: without the index, only these ids are known. */
export function executionObject(env: Env, object: string): ExecutionStub {
  return env.EXECUTION.get(env.EXECUTION.idFromString(object)) as unknown as ExecutionStub;
}
