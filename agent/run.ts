import { constants } from "node:os";
import { join } from "node:path";
import type { LeasedExecution, LeaseKey } from "../protocol/agent.ts";
import type { Client } from "../protocol/client.ts";
import { cutPieces } from "./chunker.ts";
import { type EndNote, Journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { type Child, startChild } from "./process/child.ts";
import { commandOf, timeoutMs } from "./process/command.ts";
import { environmentOf } from "./process/environment.ts";
import { endAll } from "./process/kill.ts";
import { type Ended, failedEnd, StreamText, shellEnd } from "./process/result.ts";
import { readProcess } from "./process/table.ts";
import { Spool } from "./spool/spool.ts";
import { Uploader } from "./uploader.ts";

/** What every run of an agent shares. */
export interface RunContext {
  client: Client;
  log: Log;
  /** Folder of all spools. */
  spools: string;
  spool_bytes_max: number;
  /** Where an action's script is on this host. */
  scriptOf: (execution: LeasedExecution) => string | undefined;
}

/** One execution on this host, from its lease to the acceptance of its end. */
export class Run {
  readonly key: LeaseKey;
  /** Resolves once nothing of it is left here. */
  readonly done: Promise<void>;
  readonly #context: RunContext;
  readonly #journal: Journal;
  readonly #spool: Spool;
  readonly #uploader: Uploader;
  #pgid: number | undefined;
  #ended: Ended;
  #ending: Promise<void> | undefined;

  private constructor(
    key: LeaseKey,
    context: RunContext,
    action: string,
    live: (run: Run) => Promise<EndNote>,
  ) {
    this.key = key;
    this.#context = context;
    this.#journal = new Journal(join(context.spools, key.execution_id));
    this.#journal.lease = { ...key, action };
    this.#spool = new Spool(this.#journal.folder, context.spool_bytes_max);
    this.#uploader = new Uploader({
      client: context.client,
      id: key.execution_id,
      spool: this.#spool,
      log: context.log,
      onCancel: () => this.cancel(),
    });
    this.done = this.#live(live);
  }

  /** Takes a new lease. The process starts once the lease is on disk. */
  static begin(execution: LeasedExecution, token: string, context: RunContext): Run {
    const { execution_id, epoch, action } = execution;
    // What an earlier epoch left here is void.
    new Journal(join(context.spools, execution_id)).remove();
    const run = new Run({ execution_id, epoch }, context, `${action.pack}.${action.name}`, (self) =>
      self.#execute(execution),
    );
    run.setToken(token);
    return run;
  }

  /** Takes up what an earlier process of this agent left: its output, and its end, which is honest if there was none. */
  static resume(key: LeaseKey, action: string, context: RunContext): Run {
    return new Run(key, context, action, (self) => self.#recover());
  }

  setToken(token: string): void {
    this.#uploader.setToken(token);
  }

  setFlush(flush_ms: number): void {
    this.#uploader.setFlush(flush_ms);
  }

  /** Somebody asked for it: ends the process, then the execution. */
  cancel(): void {
    this.#endProcess({ why: "canceled" });
  }

  /** The agent is about to stop. */
  stop(): void {
    this.#endProcess({ why: "stopped" });
  }

  /** The lease is another's, or nobody's: ends the process and keeps nothing. */
  void(): void {
    this.#uploader.stop();
  }

  async #live(live: (run: Run) => Promise<EndNote>): Promise<void> {
    const upload = this.#uploader.run();
    const ended = live(this).then((end) => {
      this.#spool.finish();
      this.#journal.end = end;
      this.#uploader.finish(end);
    });
    const outcome = await upload;
    if (outcome === "lost") this.#endProcess({ why: "canceled" });
    await ended;
    this.#spool.close();
    this.#journal.remove();
    this.#context.log.info(
      `execution ${this.key.execution_id}: ${outcome === "ended" ? "ended" : "given up, the lease is void"}`,
    );
  }

  async #execute(execution: LeasedExecution): Promise<EndNote> {
    const streams = { stdout: new StreamText(), stderr: new StreamText() };
    const rests = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    const take = (output_type: "stdout" | "stderr", bytes: Buffer, ended = false) => {
      streams[output_type].add(bytes);
      const all = rests[output_type].length === 0 ? bytes : Buffer.concat([rests[output_type], bytes]);
      const { pieces, rest } = cutPieces(all, ended);
      rests[output_type] = Buffer.from(rest);
      for (const piece of pieces) this.#spool.append(output_type, piece);
      if (pieces.length > 0) this.#uploader.notify();
    };

    let child: Child;
    try {
      const command = commandOf(execution, this.#context.scriptOf(execution));
      child = await startChild(command, environmentOf(execution, this.#context.client.url), take);
    } catch (error) {
      return failedEnd(error instanceof Error ? error.message : String(error));
    }
    this.#note(child.pid);
    const timeout_ms = timeoutMs(execution.runner_parameters);
    const timer =
      timeout_ms && setTimeout(() => this.#endProcess({ why: "timeout", timeout_ms }), timeout_ms);
    const exit = await child.exit;
    clearTimeout(timer);
    await this.#ending;
    for (const output_type of ["stdout", "stderr"] as const) take(output_type, Buffer.alloc(0), true);
    return shellEnd(exit, this.#ended, streams, constants.signals);
  }

  /** The process as it is now, so that a restarted agent ends this one and no other of the same number. */
  #note(pid: number): void {
    this.#pgid = pid;
    const entry = readProcess(pid);
    this.#journal.process = { pid, start_ticks: entry?.start_ticks ?? 0 };
    // A cancel that came while the process was being started found none to end.
    if (this.#ended) this.#ending ??= this.#endGroup(pid);
  }

  async #recover(): Promise<EndNote> {
    const { end, process: noted } = this.#journal;
    if (end) return end;
    const { execution_id } = this.key;
    // The group is the leader's as long as the leader is the one that was started; what left it carries the mark.
    const isSame = noted !== undefined && readProcess(noted.pid)?.start_ticks === noted.start_ticks;
    await endAll(isSame ? noted.pid : NO_GROUP, execution_id);
    this.#spool.appendGap({ reason: "agent_restarted", bytes: null });
    return failedEnd("The agent was restarted while it ran the action.", "abandoned");
  }

  #endProcess(why: Exclude<Ended, undefined>): void {
    this.#ended ??= why;
    if (this.#pgid !== undefined) this.#ending ??= this.#endGroup(this.#pgid);
  }

  async #endGroup(pgid: number): Promise<void> {
    const left = await endAll(pgid, this.key.execution_id);
    if (left.length === 0) return;
    const pids = left.map(({ pid }) => pid).join(", ");
    this.#context.log.warn(`execution ${this.key.execution_id}: could not end ${pids}`);
  }
}

/** No process has it: a group that is not known any more. */
const NO_GROUP = -1;
