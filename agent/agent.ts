import { join } from "node:path";
import { pause } from "../protocol/base/backoff.ts";
import { TailraceError } from "../protocol/base/errors.ts";
import { openSentence } from "../protocol/base/failure-text.ts";
import { PING_MS } from "../protocol/base/limits.ts";
import { VERSION } from "../protocol/base/version.ts";
import { Client, ForeignAnswer } from "../protocol/client/client.ts";
import type { Tracing } from "../protocol/tracing/tracing.ts";
import type { AgentMessage, AnnouncedPack, Hello, PoolMessage } from "../protocol/wire/agent.ts";
import type { AgentIdentity } from "../protocol/wire/agent-identity.ts";
import { CONFIRMED_SINCE, PROTOCOL_VERSION, PROTOCOL_VERSION_MIN } from "../protocol/wire/version.ts";
import { Clock } from "./base/clock.ts";
import type { Log } from "./base/log.ts";
import { AGENT_ROOT } from "./base/root.ts";
import { fetchWhole } from "./http/fetch.ts";
import { openSocket } from "./http/socket.ts";
import { Leases } from "./leases.ts";
import { Link } from "./link.ts";
import { announced, loadPacks, specOf } from "./packs/load.ts";
import { KILL_GRACE_MS } from "./process/kill.ts";
import { Registration } from "./registration.ts";
import { PatternBudget } from "./secrets/budget.ts";
import type { AgentStanding } from "./seen/metrics.ts";
import { isReadable, type Settings } from "./settings/settings.ts";
import { Spoken } from "./spoken.ts";
import { closeConnections } from "./ssh/connection.ts";
import { Home } from "./state/home.ts";
import { Unable } from "./unable.ts";

/** How long a stop waits for the runs to end and for the server to know it: the grace of a kill, and some time for the server. */
const STOP_MS_MAX = KILL_GRACE_MS + 3_000;

/** How long a stop waits for the collector to take the last spans. */
const FLUSH_MS_MAX = 500;

/** How often an agent that drains says what it waits for. */
const WAIT_SAID_MS = 60_000;

/** The executions that it names. */
const NAMED_MAX = 10;

/** The packs that every agent has. */
const BUILT_IN = ["core", "examples"].map((name) => join(AGENT_ROOT, "packs", name));

/** The agent of one host: takes leases from its pool, and runs each. */
export class Agent {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #tracing: Tracing | undefined;
  readonly #clock: Clock;
  readonly #registration: Registration;
  readonly #home: Home;
  readonly #unable: Unable;
  readonly #link: Link;
  readonly #packs: AnnouncedPack[];
  readonly #leases: Leases;
  readonly #spoken = new Spoken();
  /** Whether the pool speaks version 3. */
  #speaks_all = false;

  constructor(settings: Settings, log: Log, tracing?: Tracing) {
    const { url, key, no_key, state, pool, name, spool_bytes_max, fsync } = settings;
    this.#settings = settings;
    this.#log = log;
    this.#tracing = tracing;
    this.#home = new Home(state);
    this.#clock = new Clock(state, log);
    const clock = this.#clock;
    this.#unable = new Unable(this.#home, log, (message) => this.#say(message));
    const fetch = this.#spoken.listening(fetchWhole);
    const clientOf = (key: string) =>
      new Client({
        url,
        key,
        fetch,
        socket: openSocket,
      });
    this.#registration = new Registration({ state, pool, key, no_key, name, log, clientOf });
    if (isReadable(url)) {
      log.warn(
        `${url} is on another host and not encrypted: every host in between can read what this agent sends, including its secret. Use https://.`,
      );
    }
    if (settings.open_key_file !== undefined) {
      log.warn(`other users of this host can read the pool's key: chmod 600 ${settings.open_key_file}`);
    }
    const { packs, actions, problems, notices } = loadPacks([...BUILT_IN, ...settings.packs]);
    for (const problem of problems) log.warn(`not loaded: ${problem}`);
    for (const notice of notices) log.info(notice);
    const home = this.#home;
    const { mask_env, ssh_alive_seconds } = settings;
    // A request under a lease carries the lease's own token.
    const client = clientOf("");
    const pattern_budget = new PatternBudget();
    const spooled = { spool_bytes_max, fsync };
    const context = {
      client,
      log,
      clock,
      home,
      ...spooled,
      packs,
      mask_env,
      pattern_budget,
      ssh_alive_seconds,
      tracing,
    };
    const say = (message: AgentMessage) => this.#say(message);
    this.#leases = new Leases({ context, say, hangUp: () => this.#link.hangUp(), unable: this.#unable });
    this.#packs = [...packs.values()].map(announced);
    const metadata = [...packs.values()].map(specOf);
    this.#link = new Link({
      url,
      log,
      prepare: async () => {
        const identity = await this.#prepare(async ({ pool, secret }) => {
          const registrar = clientOf(secret);
          // Any answer tells the server's version, on which the offered actions depend.
          await registrar.lookAtClock(Date.now);
          const known = actions.filter(({ runner_type }) => this.#spoken.knows(runner_type));
          await registrar.register({ pool, packs: metadata, actions: known }, (ref, { message }) =>
            log.warn(
              `pack ${ref} is not registered: ${openSentence(message)}. Fix it and start the agent again`,
            ),
          );
        });
        // After other requests, so that the connection is open and its setup does not count as travel time.
        await clock.compare((nowMs) => client.lookAtClock(nowMs));
        return identity;
      },
      hello: () => this.#hello(),
      onMessage: (message) => this.#receive(message),
    });
  }

  /** How it is at this moment. */
  get standing(): AgentStanding {
    return {
      connected: this.#link.isConnected,
      unable: this.#unable.why,
      draining: this.#unable.is_draining,
      slots: this.#settings.slots,
      running: this.#leases.running.length,
      leases: this.#leases.phases,
      spools: this.#home.spools,
      clock_skew_ms: this.#clock.skew_ms,
    };
  }

  /** Works until it is stopped. First it takes up the runs of an earlier process. Throws `Refused` if the server refuses the agent. */
  async run(): Promise<void> {
    this.#leases.takeUp();
    this.#unable.look();
    await this.#link.run();
  }

  /**
   * Takes no new runs, and resolves once all runs have ended by themselves and the server knows it, or once the signal aborts.
   * Says what it waits for.
   */
  async drain(signal: AbortSignal): Promise<void> {
    this.#unable.drain();
    const drained = this.#leases.drain();
    const say = () => this.#log.info(waitText(this.#leases.running));
    if (this.#leases.running.length > 0) say();
    const saying = setInterval(say, WAIT_SAID_MS);
    const aborted = new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    if (!signal.aborted) await Promise.race([drained, aborted]);
    clearInterval(saying);
  }

  /** Ends the runs, reports their ends to the server as far as the time allows, and releases the state folder. */
  async stop(): Promise<void> {
    await Promise.race([this.#leases.stop(), pause(STOP_MS_MAX)]);
    this.#link.close();
    await this.#tracing?.flush(FLUSH_MS_MAX);
    this.#unable.close();
    if (this.#home.hasRuntime) closeConnections(this.#home.runtime);
    this.#home.release();
  }

  /** The identity to connect with, once the packs are registered. If the server does not know the identity, it registers again, once. */
  async #prepare(register: (identity: AgentIdentity) => Promise<void>): Promise<AgentIdentity> {
    const identity = await this.#registration.identity();
    try {
      await register(identity);
      return identity;
    } catch (error) {
      const is_unknown = error instanceof TailraceError && error.code === "unauthorized";
      if (!is_unknown || error instanceof ForeignAnswer) throw error;
      const renewed = await this.#registration.renew(error.message);
      await register(renewed);
      return renewed;
    }
  }

  #hello(): Hello {
    const { name, slots, labels } = this.#settings;
    return {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      protocol_min: PROTOCOL_VERSION_MIN,
      ping_ms: PING_MS,
      name,
      version: VERSION,
      slots,
      runners: this.#spoken.runners,
      labels,
      packs: this.#packs,
      leases: this.#leases.keys,
      ...(this.#unable.why === undefined ? {} : { unable: this.#unable.why }),
      ...(this.#clock.skew_ms === undefined ? {} : { clock_skew_ms: this.#clock.skew_ms }),
    };
  }

  #receive(message: PoolMessage): void {
    switch (message.type) {
      case "welcome":
        this.#speaks_all = (message.protocol ?? 0) >= CONFIRMED_SINCE;
        this.#leases.welcomed(this.#speaks_all);
        this.#log.info(
          `agent ready: ${this.#settings.name} in pool ${message.pool}, ${this.#settings.slots} slots`,
        );
        break;
      case "error":
        this.#log.warn(`the pool says: ${openSentence(message.faultstring)} (${message.code})`);
        break;
      default:
        this.#leases.receive(message);
    }
  }

  /** A pool from before version 3 ends the connection at a message that it does not know. */
  #say(message: AgentMessage): void {
    if (this.#speaks_all || message.type === "accepted") this.#link.say(message);
  }
}

function waitText(running: readonly string[]): string {
  const runs = running.length === 1 ? "1 run" : `${running.length} runs`;
  const rest = running.length > NAMED_MAX ? ", …" : "";
  return `the agent takes no new runs, and waits for ${runs} to end: ${running.slice(0, NAMED_MAX).join(", ")}${rest}`;
}
