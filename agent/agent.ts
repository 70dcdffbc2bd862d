import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { AGENT_RUNNERS } from "../protocol/action.ts";
import type { AnnouncedPack, Hello, PoolMessage } from "../protocol/agent.ts";
import type { AgentIdentity } from "../protocol/agent-state.ts";
import { pause } from "../protocol/backoff.ts";
import { Client, ForeignAnswer } from "../protocol/client.ts";
import { TailraceError } from "../protocol/errors.ts";
import { PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../protocol/version.ts";
import { lockState } from "./identity.ts";
import { Journal } from "./journal.ts";
import { Link } from "./link.ts";
import type { Log } from "./log.ts";
import { announced, loadPacks, specOf } from "./packs/load.ts";
import { KILL_GRACE_MS } from "./process/kill.ts";
import { Registration } from "./registration.ts";
import { AGENT_ROOT } from "./root.ts";
import { Run, type RunContext } from "./run.ts";
import { openRuntime } from "./runtime.ts";
import { PatternBudget } from "./secrets/budget.ts";
import { isReadable, type Settings } from "./settings.ts";
import { closeConnections } from "./ssh/connection.ts";
import { claimState } from "./state-version.ts";

const VERSION = "0.1.0";

/** How long a stop waits for what runs to end and to be told: the ladder, and some time for the server. */
const STOP_MS_MAX = KILL_GRACE_MS + 3_000;

/** The packs that every agent has. */
const BUILT_IN = ["core", "examples"].map((name) => join(AGENT_ROOT, "packs", name));

/** The agent of one host: takes leases from its pool and runs them, each in a run of its own. */
export class Agent {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #registration: Registration;
  readonly #lock: { release: () => void };
  readonly #runtime: { folder: string; remove: () => void };
  readonly #link: Link;
  readonly #context: RunContext;
  readonly #packs: AnnouncedPack[];
  readonly #runs = new Map<string, Run>();
  #stopping = false;

  constructor(settings: Settings, log: Log) {
    const { url, key, state, pool, name, spool_bytes_max } = settings;
    this.#settings = settings;
    this.#log = log;
    claimState(state);
    this.#lock = lockState(state);
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
    const spools = join(state, "spool");
    mkdirSync(spools, { recursive: true, mode: 0o700 });
    this.#runtime = openRuntime(state);
    const runtime = this.#runtime.folder;
    const { mask_env, ssh_alive_seconds: alive_seconds } = settings;
    const ssh = { sockets: runtime, alive_seconds };
    // What is asked under a lease bears the lease's own token.
    const client = clientOf("");
    const pattern_budget = new PatternBudget();
    this.#context = { client, log, spools, spool_bytes_max, packs, runtime, mask_env, pattern_budget, ssh };
    this.#packs = [...packs.values()].map(announced);
    const metadata = [...packs.values()].map(specOf);
    this.#link = new Link({
      url,
      log,
      prepare: () =>
        this.#prepare(async ({ pool, secret }) => {
          await clientOf(secret).register({ pool, packs: metadata, actions }, (ref, { message }) =>
            log.warn(`pack ${ref} is not registered: ${message}`),
          );
        }),
      hello: () => this.#hello(),
      onMessage: (message) => this.#receive(message),
    });
  }

  /** Works until it is stopped: first takes up what an earlier process left. Throws `Refused` where it may not come in. */
  async run(): Promise<void> {
    for (const name of readdirSync(this.#context.spools)) this.#resume(name);
    await this.#link.run();
  }

  /** Ends what runs, honestly, tells the server as far as it can be told in time, and lets go. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const run of this.#runs.values()) run.stop();
    await Promise.race([Promise.all([...this.#runs.values()].map(({ done }) => done)), pause(STOP_MS_MAX)]);
    this.#link.close();
    closeConnections(this.#runtime.folder);
    this.#runtime.remove();
    this.#lock.release();
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
      name,
      version: VERSION,
      slots,
      runners: [...AGENT_RUNNERS],
      labels,
      packs: this.#packs,
      leases,
    };
  }

  #resume(name: string): void {
    const folder = join(this.#context.spools, name);
    const lease = existsSync(folder) ? new Journal(folder).lease : undefined;
    if (!lease) {
      new Journal(folder).remove();
      return;
    }
    this.#log.info(`execution ${lease.execution_id}: taken up after a restart`);
    this.#keep(
      Run.resume({ execution_id: lease.execution_id, epoch: lease.epoch }, lease.action, this.#context),
    );
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
        this.#log.warn(`the pool says ${message.code}: ${message.faultstring}`);
        break;
    }
  }

  /** Work that comes while the agent stops is not accepted, so the pool gives it to another. */
  #begin({ execution, token }: Extract<PoolMessage, { type: "lease" }>): void {
    if (this.#stopping) return;
    const { execution_id, epoch, action } = execution;
    this.#runs.get(execution_id)?.void();
    this.#log.info(`execution ${execution_id}: ${action.pack}.${action.name} begins`);
    this.#keep(Run.begin(execution, token, this.#context));
    this.#link.say({ type: "accepted", execution_id, epoch });
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
