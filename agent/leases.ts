import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AgentMessage, LeaseKey, PoolMessage } from "../protocol/wire/agent.ts";
import { meter } from "./base/meter.ts";
import { diskFailure, tryDisk } from "./disk/failure.ts";
import { type LeaseEffect, type LeaseEvent, stepLease } from "./handover.ts";
import { type Held, keep, newHeld, readHeld, remove } from "./held.ts";
import { keyText } from "./process/environment.ts";
import type { RunContext } from "./run/parts.ts";
import { Run } from "./run/run.ts";
import { Journal } from "./state/journal.ts";
import type { Unable } from "./unable.ts";

/** A message of the pool about one lease. */
export type LeaseMessage = Extract<
  PoolMessage,
  { type: "lease" | "confirmed" | "resume" | "void" | "cancel" | "flush" }
>;

/** The parts of the agent that leases use. */
export interface LeasesParts {
  context: RunContext;
  /** Sends a message to the pool. It is lost without a connection. */
  say: (message: AgentMessage) => void;
  /** Connects to the pool again. */
  hangUp: () => void;
  /** Knows why no run can begin now. */
  unable: Pick<Unable, "look" | "because">;
}

/** How long the agent waits for the pool's answer before it repeats that it has accepted or declined a lease. */
const ANSWER_MS_MAX = 5_000;

/** The leases of an agent, and the run of each that has begun. */
export class Leases {
  readonly #context: RunContext;
  readonly #say: LeasesParts["say"];
  readonly #hangUp: LeasesParts["hangUp"];
  readonly #unable: LeasesParts["unable"];
  readonly #held = new Map<string, Held>();
  /** Includes runs whose lease is void, until they have ended. */
  readonly #runs = new Set<Run>();
  readonly #asking: NodeJS.Timeout;
  #confirms = false;
  #stopping = false;

  constructor({ context, say, hangUp, unable }: LeasesParts) {
    this.#context = context;
    this.#say = say;
    this.#hangUp = hangUp;
    this.#unable = unable;
    this.#asking = setInterval(() => this.#ask(), ANSWER_MS_MAX);
  }

  /** The leases that a hello lists. */
  get keys(): LeaseKey[] {
    return [...this.#held.values()].map(({ key }) => key);
  }

  /** The pool has welcomed the agent. Pools from before version 3 confirm no leases. */
  welcomed(confirms: boolean): void {
    this.#confirms = confirms;
  }

  /** Takes up the leases that an earlier process of this agent left on disk. */
  takeUp(): void {
    const { log, home } = this.#context;
    for (const name of existsSync(home.spools) ? readdirSync(home.spools) : []) {
      const folder = join(home.spools, name);
      const failure = tryDisk(folder, () => this.#takeUp(name, folder));
      if (failure) {
        const [execution_id] = name.split(".");
        log.warn(`execution ${name}: not taken up: ${failure.text}`, { execution_id });
      }
    }
  }

  receive(message: LeaseMessage): void {
    if (message.type === "lease") {
      this.#offer(message);
      return;
    }
    const held = this.#held.get(keyText(message));
    if (!held) return;
    if (message.type === "flush") held.run?.setFlush(message.flush_ms);
    else if (message.type !== "resume") this.#step(held, message.type);
    else {
      held.token = message.token;
      this.#step(held, "resumed");
    }
  }

  /** How many leases are in each phase. */
  get phases(): Record<string, number> {
    const phases: Record<string, number> = { offered: 0, declined: 0, begun: 0 };
    for (const { phase } of this.#held.values())
      if (phase !== undefined) phases[phase] = (phases[phase] ?? 0) + 1;
    return phases;
  }

  /** The executions that run here, also those whose end the server does not have yet. */
  get running(): string[] {
    return [...this.#runs].map(({ key }) => key.execution_id);
  }

  /** Declines the leases that have not begun. Resolves once all runs have ended by themselves. */
  async drain(): Promise<void> {
    for (const held of this.#held.values()) this.#step(held, "stopped");
    while (this.#runs.size > 0) await Promise.race([...this.#runs].map(({ done }) => done));
  }

  /** Ends the runs and declines the leases that have not begun. Resolves once all runs have ended. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#asking);
    for (const held of this.#held.values()) this.#step(held, "stopped");
    for (const run of this.#runs) run.stop();
    await Promise.all([...this.#runs].map(({ done }) => done));
  }

  /** A run whose spool cannot be read stays for the next start. The server then adds a gap to its log. */
  #takeUp(name: string, folder: string): void {
    const held = readHeld(name, folder, this.#context);
    if (!held) return;
    this.#held.set(keyText(held.key), held);
    if (held.run) this.#run(held, held.run);
    held.log.info("taken up after a restart");
  }

  #offer({ execution, token }: Extract<LeaseMessage, { type: "lease" }>): void {
    const { execution_id, epoch, action, request_id, traceparent } = execution;
    const key = { execution_id, epoch };
    // A later epoch voids the earlier.
    for (const other of this.#held.values())
      if (other.key.execution_id === execution_id && other.key.epoch !== epoch) this.#step(other, "void");
    const { home, fsync } = this.#context;
    const journal = new Journal(join(home.spools, keyText(key)), fsync);
    const held =
      this.#held.get(keyText(key)) ??
      newHeld(
        { ...key, action: `${action.pack}.${action.name}`, request_id, traceparent },
        journal,
        this.#context,
      );
    this.#held.set(keyText(key), held);
    held.execution ??= execution;
    held.token = token;
    this.#step(held, this.#unable.look() === undefined ? "leased" : "refused");
  }

  /** Decides what an event does to a lease, commits its phase, then delivers the effects. */
  #step(held: Held, event: LeaseEvent): void {
    const circumstances = { confirms: this.#confirms, stopping: this.#stopping };
    const { phase, effects } = stepLease(held.phase, event, circumstances);
    held.phase = phase;
    const text = keyText(held.key);
    if (phase === undefined && this.#held.get(text) === held) this.#held.delete(text);
    for (const effect of effects) {
      try {
        this.#deliver(held, effect);
      } catch (error) {
        const failure = diskFailure(error, held.journal.folder);
        if ((effect !== "keep" && effect !== "begin" && effect !== "give up") || !failure) throw error;
        this.#unable.because(failure.text);
        this.#step(held, effect === "give up" ? "stuck" : "unkept");
        return;
      }
    }
  }

  #deliver(held: Held, effect: LeaseEffect): void {
    const { key, journal, action, execution, log } = held;
    // The log's lines about the run name its execution.
    const context = { ...this.#context, log };
    switch (effect) {
      case "keep":
        keep(held);
        break;
      case "say accepted":
        this.#say({ type: "accepted", ...key });
        break;
      case "say declined":
        this.#say({ type: "declined", ...key });
        break;
      case "begin":
        if (!execution) throw new Error("a lease that is begun has its execution");
        journal.noteBegun();
        this.#run(held, Run.begin(execution, journal, context, held.since_ms));
        log.info(`${action} begins${held.request_id === undefined ? "" : ` (request ${held.request_id})`}`);
        break;
      case "give up":
        this.#run(held, Run.giveUp(key, journal, context));
        break;
      case "renew":
        held.run?.setToken(held.token);
        break;
      case "cancel":
        held.canceled = true;
        held.run?.cancel();
        break;
      case "drop":
        if (held.run) held.run.void();
        else remove(held);
        break;
      case "hang up":
        this.#hangUp();
    }
  }

  #run(held: Held, run: Run): void {
    held.run = run;
    if (held.token !== "") run.setToken(held.token);
    if (held.canceled) run.cancel();
    this.#runs.add(run);
    meter.begun.add();
    void run.done.then((how) => {
      this.#runs.delete(run);
      meter.ended.add(1, how);
      this.#step(held, how === "given up" ? how : "done");
    });
  }

  #ask(): void {
    for (const held of this.#held.values())
      if (held.phase !== "begun" || held.token === "") this.#step(held, "unanswered");
  }
}
