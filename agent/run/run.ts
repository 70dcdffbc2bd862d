import { mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { RESULT_BYTES_MAX } from "../../protocol/base/limits.ts";
import type { Client } from "../../protocol/client/client.ts";
import { boundedResult } from "../../protocol/model/result.ts";
import type { LeasedExecution, LeaseKey } from "../../protocol/wire/agent.ts";
import type { Clock } from "../base/clock.ts";
import type { Log } from "../base/log.ts";
import { leftText, tryDisk } from "../disk/failure.ts";
import type { FsyncPolicy } from "../disk/fsync.ts";
import { Trouble } from "../disk/trouble.ts";
import { KeyTable } from "../job/keys.ts";
import { JobSocket } from "../job/socket.ts";
import { type LoadedPack, scriptOf } from "../packs/load.ts";
import { timeoutMs } from "../process/command.ts";
import { keyText } from "../process/environment.ts";
import { failedEnd, startText, unstartedEnd } from "../process/result.ts";
import { readProcess } from "../process/table.ts";
import type { RunnerHost } from "../runners/runner.ts";
import { RUNNER_OF } from "../runners/runners.ts";
import type { PatternBudget } from "../secrets/budget.ts";
import { addVariables } from "../secrets/environment.ts";
import { Secrets } from "../secrets/secrets.ts";
import { Spool } from "../spool/spool.ts";
import type { Home } from "../state/home.ts";
import type { EndNote, Journal, Notes } from "../state/journal.ts";
import { Ending } from "./ending.ts";
import { expand, hostOf } from "./expand.ts";
import { Output } from "./output.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { neverBegun, recover } from "./recover.ts";
import { Uploader } from "./uploader.ts";

/** What every run of an agent shares. */
export interface RunContext {
  client: Client;
  log: Log;
  clock: Clock;
  home: Home;
  spool_bytes_max: number;
  fsync: FsyncPolicy;
  packs: Map<string, LoadedPack>;
  /** Names of variables whose values are masked; `*` stands for anything. */
  mask_env: string[];
  pattern_budget: PatternBudget;
  ssh_alive_seconds: number;
}

/** What an execution came to here: an end, or children of its own, which others run. */
type Outcome = EndNote | "expanded";

/** How a run is over: the server has its end, others run it, or nothing of it is kept. */
type RunEnd = "ended" | "handed on" | "given up";

/** One execution on this host, from its lease to the acceptance of its end. */
export class Run {
  readonly key: LeaseKey;
  /** Resolves once nothing of it is left here. */
  readonly done: Promise<RunEnd>;
  readonly #context: RunContext;
  readonly #journal: Journal;
  readonly #spool: Spool;
  readonly #uploader: Uploader;
  readonly #secrets: Secrets;
  readonly #ending: Ending;
  #token = "";
  /** How the process ended, once it has. */
  #end: EndNote | undefined;

  private constructor(
    key: LeaseKey,
    context: RunContext,
    journal: Journal,
    live: (run: Run) => Promise<Outcome>,
  ) {
    this.key = key;
    this.#context = context;
    this.#secrets = new Secrets((warning) => this.#warn(warning), context.pattern_budget);
    this.#journal = journal;
    const disk = new Trouble(
      context.log,
      `execution ${key.execution_id}: its spool takes no output, which waits in memory and in the program`,
      `execution ${key.execution_id}: its spool takes output again`,
    );
    this.#spool = new Spool(journal.folder, {
      bytes_max: context.spool_bytes_max,
      fsync: context.fsync,
      nowMs: context.clock.now_ms,
      onDisk: (failure) => disk.tell(failure),
    });
    this.#uploader = new Uploader({
      client: context.client,
      id: key.execution_id,
      spool: this.#spool,
      log: context.log,
      onCancel: () => this.cancel(),
      onStarted: () => this.#noteEnd(),
    });
    this.#ending = new Ending(key, (warning) => this.#warn(warning));
    this.done = this.#live(live);
  }

  /** Begins what a lease is about, once it is on disk that it begins. Throws, with nothing begun, where the disk has no place for it. */
  static begin(execution: LeasedExecution, journal: Journal, context: RunContext): Run {
    const { execution_id, epoch } = execution;
    return new Run({ execution_id, epoch }, context, journal, (self) => self.#execute(execution));
  }

  /** Takes up what an earlier process of this agent left: its output, and its end, which is honest if there was none. */
  static resume(key: LeaseKey, journal: Journal, notes: Notes, context: RunContext): Run {
    // Of a release whose folders have no epoch, the processes are marked without one too.
    const run = basename(journal.folder) === key.execution_id ? { execution_id: key.execution_id } : key;
    return new Run(key, context, journal, (self) => recover(notes, self.#spool, run));
  }

  /** Ends the execution of a lease whose program was not started. */
  static giveUp(key: LeaseKey, journal: Journal, context: RunContext): Run {
    return new Run(key, context, journal, async () => neverBegun());
  }

  setToken(token: string): void {
    this.#token = token;
    this.#uploader.setToken(token);
  }

  setFlush(flush_ms: number): void {
    this.#uploader.setFlush(flush_ms);
  }

  /** Somebody asked for it: ends the process, then the execution. */
  cancel(): void {
    this.#ending.ask({ why: "canceled" });
  }

  /** The agent is about to stop. */
  stop(): void {
    this.#ending.ask({ why: "stopped" });
  }

  /** The lease is another's, or nobody's: ends the process and keeps nothing. */
  void(): void {
    this.#uploader.stop();
  }

  async #live(live: (run: Run) => Promise<Outcome>): Promise<RunEnd> {
    // Begins behind the constructor, so that a run is whole before anything happens to it.
    await undefined;
    const upload = this.#uploader.run();
    const ended = live(this).then((outcome) => {
      this.#spool.finish();
      if (outcome === "expanded") {
        this.#uploader.stop();
        return true;
      }
      // Shortened behind the masks: a cut through a secret would show a part of it.
      const result = boundedResult(this.#secrets.mask(outcome.result), RESULT_BYTES_MAX);
      const { end_seq: _, ...end } = { ...outcome, result };
      this.#end = end;
      this.#noteEnd();
      this.#uploader.finish(end);
      return false;
    });
    const uploaded = await upload;
    if (uploaded === "lost") this.#ending.ask({ why: "canceled" });
    const isExpanded = await ended;
    this.#secrets.release();
    this.#spool.close();
    const failure = this.#journal.remove();
    if (failure) this.#warn(leftText(failure));
    const how = uploaded === "ended" ? uploaded : isExpanded ? "handed on" : "given up";
    this.#context.log.info(`execution ${this.key.execution_id}: ${how}`);
    return how;
  }

  /** How the process ended, and how far its output went. */
  #noteEnd(): void {
    if (this.#end) this.#journal.noteEnd({ ...this.#end, end_seq: this.#spool.end_seq });
  }

  async #execute(execution: LeasedExecution): Promise<Outcome> {
    const { client, packs, home, mask_env } = this.#context;
    const { execution_id } = this.key;
    const folder = join(home.runtime, keyText(this.key));
    const token = () => this.#token;
    const keys = new KeyTable(client, execution_id, token);
    let job: JobSocket | undefined;
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      addVariables(this.#secrets, mask_env, execution.runner_parameters);
      const prepared = await prepare(execution, packs, this.#secrets, keys);
      // A variable that was a template has its value only now.
      addVariables(this.#secrets, mask_env, prepared.execution.runner_parameters);
      if (await expand(prepared.execution, { client, token, ending: this.#ending })) return "expanded";
      job = await JobSocket.open(join(folder, "job"), {
        user: execution.user,
        keys,
        registerSecrets: (values) => this.#secrets.add("a value that the action registered", values),
      });
      return await this.#run(prepared, { folder, job_socket: job.path });
    } catch (error) {
      return failedEnd(startText(error, folder));
    } finally {
      job?.close();
      tryDisk(folder, () => rmSync(folder, { recursive: true, force: true }));
    }
  }

  async #run(
    { execution, pack }: Prepared,
    own: Pick<RunnerHost, "folder" | "job_socket">,
  ): Promise<EndNote> {
    const { client, home, ssh_alive_seconds } = this.#context;
    const output = new Output({
      spool: this.#spool,
      stream_output: execution.stream_output,
      secrets: this.#secrets,
      notify: () => this.#uploader.notify(),
      host: hostOf(execution),
    });
    if (this.#ending.why) return unstartedEnd(this.#ending.why);
    const script = scriptOf(pack, execution.action);
    const ssh = { sockets: home.runtime, alive_seconds: ssh_alive_seconds };
    const maskBeginning = (text: string) => this.#secrets.maskBeginning(text);
    const host: RunnerHost = { url: client.url, pack, script, ssh, maskBeginning, ...own };
    const running = await RUNNER_OF[execution.action.runner_type](execution, host, (type, bytes) =>
      output.write(type, bytes),
    );
    this.#note(running.pid);
    this.#ending.begun(running);
    const timer = new AbortController();
    const timeout_ms = timeoutMs(execution.runner_parameters);
    if (timeout_ms) void this.#ending.askAfter(timeout_ms, running, timer.signal);
    const exit = await running.exit;
    timer.abort();
    await this.#ending.done;
    output.finish();
    return running.end(exit, this.#ending.why, output.texts);
  }

  /** The process as it is now, so that a restarted agent ends this one and no other of the same number. */
  #note(pid: number | undefined): void {
    if (pid !== undefined)
      this.#journal.noteProcess({ pid, start_ticks: readProcess(pid)?.start_ticks ?? 0 });
  }

  #warn(text: string): void {
    this.#context.log.warn(`execution ${this.key.execution_id}: ${text}`);
  }
}
