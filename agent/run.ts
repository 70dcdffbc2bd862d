import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { LeasedExecution, LeaseKey } from "../protocol/agent.ts";
import { backoffMs, pause } from "../protocol/backoff.ts";
import { type Client, isTransient } from "../protocol/client.ts";
import { KeyTable } from "./job/keys.ts";
import { JobSocket } from "./job/socket.ts";
import { type EndNote, Journal } from "./journal.ts";
import type { Log } from "./log.ts";
import { Output } from "./output.ts";
import { type LoadedPack, scriptOf } from "./packs/load.ts";
import { type Prepared, prepare } from "./prepare.ts";
import { timeoutMs } from "./process/command.ts";
import { endAll } from "./process/kill.ts";
import { type Ended, failedEnd } from "./process/result.ts";
import { readProcess } from "./process/table.ts";
import type { RunnerHost, Running } from "./runners/runner.ts";
import { RUNNER_OF } from "./runners/runners.ts";
import { addVariables } from "./secrets/environment.ts";
import { Secrets } from "./secrets/secrets.ts";
import { Spool } from "./spool/spool.ts";
import { parseHosts } from "./ssh/hosts.ts";
import { Uploader } from "./uploader.ts";

/** What every run of an agent shares. */
export interface RunContext {
  client: Client;
  log: Log;
  /** Folder of all spools. */
  spools: string;
  spool_bytes_max: number;
  packs: Map<string, LoadedPack>;
  /** The agent's private folder, in which each run has one of its own. */
  runtime: string;
  /** Names of variables whose values are masked; `*` stands for anything. */
  mask_env: string[];
  ssh: RunnerHost["ssh"];
}

/** What an execution came to here: an end, or children of its own, which others run. */
type Outcome = EndNote | "expanded";

/** One execution on this host, from its lease to the acceptance of its end. */
export class Run {
  readonly key: LeaseKey;
  /** Resolves once nothing of it is left here. */
  readonly done: Promise<void>;
  readonly #context: RunContext;
  readonly #journal: Journal;
  readonly #spool: Spool;
  readonly #uploader: Uploader;
  readonly #secrets = new Secrets((warning) => this.#warn(warning));
  #token = "";
  #running: Running | undefined;
  #ended: Ended;
  #ending: Promise<void> | undefined;

  private constructor(
    key: LeaseKey,
    context: RunContext,
    action: string,
    live: (run: Run) => Promise<Outcome>,
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
    this.#token = token;
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

  async #live(live: (run: Run) => Promise<Outcome>): Promise<void> {
    // Begins behind the constructor, so that a run is whole before anything happens to it.
    await undefined;
    const upload = this.#uploader.run();
    const ended = live(this).then((outcome) => {
      this.#spool.finish();
      if (outcome === "expanded") return this.#uploader.stop();
      const end = { ...outcome, result: this.#secrets.mask(outcome.result) };
      this.#journal.end = end;
      this.#uploader.finish(end);
    });
    const outcome = await upload;
    if (outcome === "lost") this.#endProcess({ why: "canceled" });
    await ended;
    this.#spool.close();
    this.#journal.remove();
    const said = outcome === "ended" ? "ended" : "handed on, or given up as the lease is void";
    this.#context.log.info(`execution ${this.key.execution_id}: ${said}`);
  }

  async #execute(execution: LeasedExecution): Promise<Outcome> {
    const { client, packs, runtime, mask_env } = this.#context;
    const { execution_id } = this.key;
    const folder = join(runtime, execution_id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const keys = new KeyTable(client, execution_id, () => this.#token);
    let job: JobSocket | undefined;
    try {
      addVariables(this.#secrets, mask_env, execution.runner_parameters);
      const prepared = await prepare(execution, packs.get(execution.action.pack), this.#secrets, keys);
      // A variable that was a template has its value only now.
      addVariables(this.#secrets, mask_env, prepared.execution.runner_parameters);
      if (await this.#expand(prepared)) return "expanded";
      job = await JobSocket.open(join(folder, "job"), {
        user: execution.user,
        keys,
        registerSecrets: (values) => this.#secrets.add("a value that the action registered", values),
      });
      return await this.#run(prepared, { folder, job_socket: job.path });
    } catch (error) {
      return failedEnd(error instanceof Error ? error.message : String(error));
    } finally {
      job?.close();
      rmSync(folder, { recursive: true, force: true });
    }
  }

  async #run(
    { execution, pack }: Prepared,
    own: Pick<RunnerHost, "folder" | "job_socket">,
  ): Promise<EndNote> {
    const { client, ssh } = this.#context;
    const output = new Output({
      spool: this.#spool,
      stream_output: execution.stream_output,
      secrets: this.#secrets,
      notify: () => this.#uploader.notify(),
      host: hostOf(execution),
    });
    if (this.#ended) return canceledEnd(this.#ended);
    const script = pack && scriptOf(pack, execution.action);
    const host: RunnerHost = { url: client.url, pack, script, ssh, ...own };
    const running = await RUNNER_OF[execution.action.runner_type](execution, host, (type, bytes) =>
      output.write(type, bytes),
    );
    this.#begun(running);
    const timer = new AbortController();
    const timeout_ms = timeoutMs(execution.runner_parameters);
    if (timeout_ms) void this.#endAfter(timeout_ms, running, timer.signal);
    const exit = await running.exit;
    timer.abort();
    await this.#ending;
    output.finish();
    return running.end(exit, this.#ended, output.texts);
  }

  async #endAfter(timeout_ms: number, { begun }: Running, signal: AbortSignal): Promise<void> {
    await begun;
    await pause(timeout_ms, signal);
    if (!signal.aborted) this.#endProcess({ why: "timeout", timeout_ms });
  }

  /** Several hosts are a child each: the server makes them, and this lease is over. */
  async #expand({ execution }: Prepared): Promise<boolean> {
    const { runner_parameters: runner, action } = execution;
    if (!action.runner_type.startsWith("remote-")) return false;
    const hosts = parseHosts(runner.hosts).map(({ key, text }) => ({ key, address: text }));
    if (hosts.length === 1) return false;
    const children = {
      hosts,
      concurrency: Number(runner.concurrency ?? hosts.length),
      allow_partial_failure: runner.allow_partial_failure === true,
    };
    for (let failures = 0; this.#ended === undefined; failures++) {
      try {
        await this.#context.client.expand(this.key.execution_id, this.#token, children);
        return true;
      } catch (error) {
        if (!isTransient(error)) throw error;
        await pause(backoffMs(failures));
      }
    }
    return false;
  }

  /** The process as it is now, so that a restarted agent ends this one and no other of the same number. */
  #begun(running: Running): void {
    this.#running = running;
    const { pid } = running;
    if (pid !== undefined) this.#journal.process = { pid, start_ticks: readProcess(pid)?.start_ticks ?? 0 };
    // A cancel that came while the process was being started found none to end.
    if (this.#ended) this.#ending ??= this.#endRunning(running);
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
    if (this.#running) this.#ending ??= this.#endRunning(this.#running);
  }

  async #endRunning({ pid, hangUp }: Running): Promise<void> {
    if (pid === undefined) return;
    await hangUp?.();
    const left = await endAll(pid, this.key.execution_id);
    if (left.length > 0) this.#warn(`could not end ${left.map(({ pid }) => pid).join(", ")}`);
  }

  #warn(text: string): void {
    this.#context.log.warn(`execution ${this.key.execution_id}: ${text}`);
  }
}

/** No process has it: a group that is not known any more. */
const NO_GROUP = -1;

/** The host that a remote run's chunks are labelled with. */
function hostOf({ action, runner_parameters, host }: LeasedExecution): string | undefined {
  if (host !== undefined || !action.runner_type.startsWith("remote-")) return host;
  return parseHosts(runner_parameters.hosts)[0]?.key;
}

/** The end of an execution that was to end before its process was started. */
function canceledEnd(ended: Exclude<Ended, undefined>): EndNote {
  const status = ended.why === "stopped" ? "abandoned" : ended.why;
  return { status, exit_code: null, result: { failed: true, succeeded: false } };
}
