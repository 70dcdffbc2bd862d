import { basename } from "node:path";
import { RESULT_BYTES_MAX } from "../../protocol/base/limits.ts";
import { boundedResult } from "../../protocol/model/result.ts";
import type { LeasedExecution, LeaseKey } from "../../protocol/wire/agent.ts";
import { leftText } from "../disk/failure.ts";
import type { EndNote, Journal, Notes } from "../state/journal.ts";
import { execute, type Outcome } from "./execute.ts";
import { openParts, type RunContext, type RunParts } from "./parts.ts";
import { neverBegun, recover } from "./recover.ts";
import { RunSpans, type Traced } from "./spans.ts";
import { Uploader, type UploadOutcome } from "./uploader.ts";

/** What a run begins with: a lease, the notes of an earlier process of this agent, or a lease whose program cannot start. */
type Origin =
  | { kind: "leased"; execution: LeasedExecution; since_ms: number }
  | { kind: "left"; notes: Notes }
  | { kind: "given up" };

/** How a run ended here: the server has its end, other agents run its children, or it was given up. */
type RunEnd = "ended" | "handed on" | "given up";

/** One execution on this host, from its lease to the acceptance of its end. */
export class Run {
  readonly key: LeaseKey;
  /** Resolves once it has ended and its files are removed. */
  readonly done: Promise<RunEnd>;
  readonly #parts: RunParts;
  readonly #uploader: Uploader;
  readonly #spans: RunSpans;
  #token = "";
  /** How the process ended, once it has. */
  #end: EndNote | undefined;
  /** The last sequence number in the note of the end; undefined without a note. */
  #noted_seq: number | null | undefined;

  private constructor(key: LeaseKey, journal: Journal, context: RunContext, origin: Origin) {
    this.key = key;
    this.#parts = openParts(key, journal, context);
    this.#uploader = new Uploader({
      client: context.client,
      id: key.execution_id,
      spool: this.#parts.spool,
      log: context.log,
      onCancel: () => this.cancel(),
      onStarted: () => this.#noteEnd(),
      ends_whole: origin.kind === "leased" && origin.execution.ends_whole === true,
    });
    const since_ms = origin.kind === "leased" ? origin.since_ms : context.clock.now_ms();
    this.#spans = new RunSpans(context, tracedOf(key, origin), since_ms);
    if (origin.kind === "leased") this.#spans.begin("lease", since_ms);
    this.done = this.#live(origin);
  }

  /**
   * Begins an execution that was leased at `since_ms`. The journal must have noted that it begins. Throws before it begins if the disk
   * has no room.
   */
  static begin(execution: LeasedExecution, journal: Journal, context: RunContext, since_ms: number): Run {
    const { execution_id, epoch } = execution;
    return new Run({ execution_id, epoch }, journal, context, { kind: "leased", execution, since_ms });
  }

  /** Takes up a run of an earlier process of this agent: its output, and its end. Without a noted end, it is abandoned. */
  static resume(key: LeaseKey, journal: Journal, notes: Notes, context: RunContext): Run {
    return new Run(key, journal, context, { kind: "left", notes });
  }

  /** Ends the execution of a lease whose program was not started. */
  static giveUp(key: LeaseKey, journal: Journal, context: RunContext): Run {
    return new Run(key, journal, context, { kind: "given up" });
  }

  setToken(token: string): void {
    this.#token = token;
    this.#uploader.setToken(token);
  }

  setFlush(flush_ms: number): void {
    this.#uploader.setFlush(flush_ms);
  }

  /** A user has canceled: ends the process, then the execution. */
  cancel(): void {
    this.#parts.ending.ask({ why: "canceled" });
  }

  /** The agent is about to stop. */
  stop(): void {
    this.#parts.ending.ask({ why: "stopped" });
  }

  /** The lease is void: ends the process and keeps nothing. */
  void(): void {
    this.#uploader.stop();
  }

  async #live(origin: Origin): Promise<RunEnd> {
    // Continues after the constructor has returned, so that the run is complete first.
    await undefined;
    const uploading = this.#upload();
    const outcome = await this.#outcome(origin);
    this.#parts.spool.finish();
    if (outcome === "expanded") this.#uploader.stop();
    else this.#finish(outcome);
    const uploaded = await uploading;
    this.#remove();
    const unsent = outcome === "expanded" ? "handed on" : "given up";
    const how = uploaded === "ended" ? uploaded : unsent;
    this.#spans.end(how, this.#end);
    this.#parts.context.log.info(how);
    return how;
  }

  /** Uploads the output while the program runs. If the lease is lost, ends the program. */
  async #upload(): Promise<UploadOutcome> {
    const uploaded = await this.#uploader.run();
    if (uploaded === "lost") this.cancel();
    return uploaded;
  }

  async #outcome(origin: Origin): Promise<Outcome> {
    const { journal, spool } = this.#parts;
    switch (origin.kind) {
      case "leased":
        this.#spans.begin("prepare");
        return execute(withTraceparent(origin.execution, this.#spans.traceparent), this.#parts, {
          token: () => this.#token,
          onStart: () => {
            this.#spans.begin("process");
            this.#uploader.start();
          },
          notify: () => this.#uploader.output(),
        });
      case "left": {
        this.#uploader.start();
        const { execution_id } = this.key;
        // Releases whose folders have no epoch marked their processes without one too.
        return recover(
          origin.notes,
          spool,
          basename(journal.folder) === execution_id ? { execution_id } : this.key,
        );
      }
      case "given up":
        return neverBegun();
    }
  }

  /** Notes the end on disk, and gives it to the uploader, which sends it after the output. */
  #finish(outcome: EndNote): void {
    // Shortened after masking: a cut through a secret would show a part of it.
    const result = boundedResult(this.#parts.secrets.mask(outcome.result), RESULT_BYTES_MAX);
    const { end_seq: _, ...end } = { ...outcome, result };
    this.#end = end;
    this.#spans.begin("report");
    this.#noteEnd();
    this.#uploader.finish(end);
  }

  /** Notes how the process ended, and the last sequence number of its output, unless both are noted. */
  #noteEnd(): void {
    const { journal, spool } = this.#parts;
    const { end_seq } = spool;
    if (!this.#end || end_seq === this.#noted_seq) return;
    this.#noted_seq = end_seq;
    journal.noteEnd({ ...this.#end, end_seq });
  }

  #remove(): void {
    const { secrets, spool, journal, warn } = this.#parts;
    secrets.release();
    spool.close();
    const failure = journal.remove();
    if (failure) warn(leftText(failure));
  }
}

/** The execution as the spans of its run show it. */
function tracedOf({ execution_id }: LeaseKey, origin: Origin): Traced {
  if (origin.kind === "leased") {
    const { action, traceparent } = origin.execution;
    return { execution_id, action: `${action.pack}.${action.name}`, runner: action.runner_type, traceparent };
  }
  const { lease } = origin.kind === "left" ? origin.notes : {};
  return { execution_id, action: lease?.action ?? "unknown", traceparent: lease?.traceparent };
}

/** The execution with another place in its trace, for its program. */
function withTraceparent(execution: LeasedExecution, traceparent: string | undefined): LeasedExecution {
  return traceparent === undefined ? execution : { ...execution, traceparent };
}
