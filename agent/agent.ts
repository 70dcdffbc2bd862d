import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { AGENT_RUNNERS } from "../protocol/action.ts";
import type { AnnouncedPack, Hello, LeasedExecution, PoolMessage } from "../protocol/agent.ts";
import type { AgentIdentity } from "../protocol/agent-state.ts";
import { pause } from "../protocol/backoff.ts";
import { Client, ForeignAnswer } from "../protocol/client.ts";
import { TailraceError } from "../protocol/errors.ts";
import { openSentence } from "../protocol/failure-text.ts";
import { PING_MS } from "../protocol/limits.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../protocol/version.ts";
import { Clock } from "./clock.ts";
import { diskFailure, tryDisk } from "./disk/failure.ts";
import { Home } from "./home.ts";
import { Journal } from "./journal.ts";
import { Link } from "./link.ts";
import type { Log } from "./log.ts";
import { announced, loadPacks, specOf } from "./packs/load.ts";
import { KILL_GRACE_MS } from "./process/kill.ts";
import { Registration } from "./registration.ts";
import { AGENT_ROOT } from "./root.ts";
import { Run, type RunContext } from "./run.ts";
import { PatternBudget } from "./secrets/budget.ts";
import { isReadable, type Settings } from "./settings.ts";
import { closeConnections } from "./ssh/connection.ts";
import { Unable } from "./unable.ts";

const VERSION = "0.1.0";

/** How long a stop waits for what runs to end and to be told: the ladder, and some time for the server. */
const STOP_MS_MAX = KILL_GRACE_MS + 3_000;

/** The packs that every agent has. */
const BUILT_IN = ["core", "examples"].map((name) => join(AGENT_ROOT, "packs", name));

/** The agent of one host: takes leases from its pool and runs them, each in a run of its own. */
export class Agent {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #clock: Clock;
  readonly #registration: Registration;
  readonly #home: Home;
  readonly #unable: Unable;
  readonly #link: Link;
  readonly #context: RunContext;
  readonly #packs: AnnouncedPack[];
  readonly #runs = new Map<string, Run>();
  #stopping = false;

  constructor(settings: Settings, log: Log) {
    const { url, key, state, pool, name, spool_bytes_max, fsync } = settings;
    this.#settings = settings;
    this.#log = log;
    this.#home = new Home(state);
    this.#clock = new Clock(state, log);
    const clock = this.#clock;
    this.#unable = new Unable(this.#home, log, (message) => this.#link.say(message));
    const clientOf = (key: string) =>
      new Client({ url, key, fetch, socket: (address, headers) => new WebSocket(address, { headers }) });
    this.#registration = new Registration({ state, pool, key, name, log, clientOf });
    if (isReadable(url)) {
      log.warn(
        `${url} is not encrypted, and on another host: every host on the way can read what this agent sends, its secret included. Use https://.`,
      );
    }
    const { packs, actions, problems, notices } = loadPacks([...BUILT_IN, ...settings.packs]);
    for (const problem of problems) log.warn(`not loaded: ${problem}`);
    for (const notice of notices) log.info(notice);
    const home = this.#home;
    const { mask_env, ssh_alive_seconds } = settings;
    // What is asked under a lease bears the lease's own token.
    const client = clientOf("");
    const pattern_budget = new PatternBudget();
    const spooled = { spool_bytes_max, fsync };
    this.#context = {
      client,
      log,
      clock,
      home,
      ...spooled,
      packs,
      mask_env,
      pattern_budget,
      ssh_alive_seconds,
    };
    this.#packs = [...packs.values()].map(announced);
    const metadata = [...packs.values()].map(specOf);
    this.#link = new Link({
      url,
      log,
      prepare: async () => {
        const identity = await this.#prepare(async ({ pool, secret }) => {
          await clientOf(secret).register({ pool, packs: metadata, actions }, (ref, { message }) =>
            log.warn(
              `pack ${ref} is not registered: ${openSentence(message)}. Mend it and start the agent again`,
            ),
          );
        });
        // Behind other requests, so that the way there and back is that of a connection which is open.
        await clock.compare((nowMs) => client.lookAtClock(nowMs));
        return identity;
      },
      hello: () => this.#hello(),
      onMessage: (message) => this.#receive(message),
    });
  }

  /** Works until it is stopped: first takes up what an earlier process left. Throws `Refused` where it may not come in. */
  async run(): Promise<void> {
    const { spools } = this.#home;
    for (const name of existsSync(spools) ? readdirSync(spools) : []) this.#resume(name);
    this.#unable.look();
    await this.#link.run();
  }

  /** Ends what runs, honestly, tells the server as far as it can be told in time, and lets go. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const run of this.#runs.values()) run.stop();
    await Promise.race([Promise.all([...this.#runs.values()].map(({ done }) => done)), pause(STOP_MS_MAX)]);
    this.#link.close();
    this.#unable.close();
    if (this.#home.hasRuntime) closeConnections(this.#home.runtime);
    this.#home.release();
  }

  /** Who connects, once what it has is registered. An identity that the server itself takes no more is made anew, once. */
  async #prepare(register: (identity: AgentIdentity) => Promise<void>): Promise<AgentIdentity> {
    const identity = await this.#registration.identity();
    try {
      await register(identity);
      return identity;
    } catch (error) {
      const is_unknown = error instanceof TailraceError && error.code === "unauthorized";
      if (!is_unknown || error instanceof ForeignAnswer) throw error;
      const anew = await this.#registration.renew(error.message);
      await register(anew);
      return anew;
    }
  }

  #hello(): Hello {
    const { name, slots, labels } = this.#settings;
    const leases = [...this.#runs.values()].map(({ key }) => key);
    return {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      protocol_min: PROTOCOL_VERSION_MIN,
      ping_ms: PING_MS,
      name,
      version: VERSION,
      slots,
      runners: [...AGENT_RUNNERS],
      labels,
      packs: this.#packs,
      leases,
      ...(this.#unable.why === undefined ? {} : { unable: this.#unable.why }),
      ...(this.#clock.skew_ms === undefined ? {} : { clock_skew_ms: this.#clock.skew_ms }),
    };
  }

  /** A run whose spool the disk does not give is left for the next start; the server says that something is missing. */
  #resume(name: string): void {
    const folder = join(this.#home.spools, name);
    const failure = tryDisk(folder, () => {
      const journal = new Journal(folder, this.#settings.fsync);
      const { lease } = journal;
      if (!lease) {
        journal.remove();
        return;
      }
      const { execution_id, epoch } = lease;
      this.#keep(Run.resume({ execution_id, epoch }, this.#context));
      this.#log.info(`execution ${execution_id}: taken up after a restart`);
    });
    if (failure) this.#log.warn(`execution ${name}: not taken up: ${failure.text}`);
  }

  #receive(message: PoolMessage): void {
    switch (message.type) {
      case "welcome":
        this.#log.info(
          `agent ready: ${this.#settings.name} in pool ${message.pool}, ${this.#settings.slots} slots`,
        );
        break;
      case "lease":
        this.#begin(message);
        break;
      case "resume":
        this.#runOf(message)?.setToken(message.token);
        break;
      case "void":
        this.#runOf(message)?.void();
        break;
      case "cancel":
        this.#runOf(message)?.cancel();
        break;
      case "flush":
        this.#runOf(message)?.setFlush(message.flush_ms);
        break;
      case "error":
        this.#log.warn(`the pool says: ${openSentence(message.faultstring)} (${message.code})`);
        break;
    }
  }

  /** Work that comes while the agent stops is not accepted, so the pool gives it to another. */
  #begin({ execution, token }: Extract<PoolMessage, { type: "lease" }>): void {
    if (this.#stopping) return;
    const { execution_id, epoch, action } = execution;
    this.#runs.get(execution_id)?.void();
    const run = this.#unable.look() === undefined ? this.#tryBegin(execution, token) : undefined;
    if (!run) {
      this.#link.say({ type: "declined", execution_id, epoch });
      return;
    }
    this.#log.info(`execution ${execution_id}: ${action.pack}.${action.name} begins`);
    this.#keep(run);
    this.#link.say({ type: "accepted", execution_id, epoch });
  }

  /** Undefined where the disk has no place for the run after all. */
  #tryBegin(execution: LeasedExecution, token: string): Run | undefined {
    try {
      return Run.begin(execution, token, this.#context);
    } catch (error) {
      const failure = diskFailure(error, this.#home.state);
      if (failure === undefined) throw error;
      this.#unable.because(failure.text);
      return undefined;
    }
  }

  #keep(run: Run): void {
    const { execution_id } = run.key;
    this.#runs.set(execution_id, run);
    void run.done.then(() => {
      if (this.#runs.get(execution_id) === run) this.#runs.delete(execution_id);
    });
  }

  #runOf({ execution_id, epoch }: { execution_id: string; epoch: number }): Run | undefined {
    const run = this.#runs.get(execution_id);
    return run?.key.epoch === epoch ? run : undefined;
  }
}
