import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AgentMessage, LeasedExecution, LeaseKey, PoolMessage } from "../protocol/wire/agent.ts";
import { bootId } from "./disk/boot.ts";
import { diskFailure, leftText, tryDisk } from "./disk/failure.ts";
import {
  type LeaseEffect,
  type LeaseEvent,
  type LeasePhase,
  phaseAfterRestart,
  stepLease,
} from "./handover.ts";
import { keyText } from "./process/environment.ts";
import type { RunContext } from "./run/parts.ts";
import { Run } from "./run/run.ts";
import { Journal } from "./state/journal.ts";
import type { Unable } from "./unable.ts";

/** What the pool says of one lease. */
export type LeaseMessage = Extract<
  PoolMessage,
  { type: "lease" | "confirmed" | "resume" | "void" | "cancel" | "flush" }
>;

/** A lease that this agent has something of. */
interface Held {
  readonly key: LeaseKey;
  readonly journal: Journal;
  /** The action's reference, for the log. */
  readonly action: string;
  phase: LeasePhase | undefined;
  /** What it came with. It is never on disk, so a restarted agent does not have it. */
  execution: LeasedExecution | undefined;
  token: string;
  canceled: boolean;
  run: Run | undefined;
}

/** What leases need of their agent. */
export interface LeasesParts {
  context: RunContext;
  /** Says something to the pool; lost where there is no connection. */
  say: (message: AgentMessage) => void;
  /** Connects to the pool anew. */
  hangUp: () => void;
  /** Why no run can begin now, if none can. */
  unable: Pick<Unable, "look" | "because">;
}

/** How long the pool's answer is waited for before the agent says again that it has accepted a lease, or declined it. */
const ANSWER_MS_MAX = 5_000;

/** The leases of an agent, and the run of each that has begun. */
export class Leases {
  readonly #context: RunContext;
  readonly #say: LeasesParts["say"];
  readonly #hangUp: LeasesParts["hangUp"];
  readonly #unable: LeasesParts["unable"];
  readonly #held = new Map<string, Held>();
  /** Also those whose lease is void, until nothing is left of them. */
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

  /** What a hello lists. */
  get keys(): LeaseKey[] {
    return [...this.#held.values()].map(({ key }) => key);
  }

  /** A pool has welcomed the agent: one that confirms leases, or one from before. */
  welcomed(confirms: boolean): void {
    this.#confirms = confirms;
  }

  /** Takes up what an earlier process of this agent has left. */
  takeUp(): void {
    const { log, home } = this.#context;
    for (const name of existsSync(home.spools) ? readdirSync(home.spools) : []) {
      const folder = join(home.spools, name);
      const failure = tryDisk(folder, () => this.#takeUp(name, folder));
      if (failure) log.warn(`execution ${name}: not taken up: ${failure.text}`);
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

  /** Ends what runs, and gives back what has not begun. Resolves once nothing runs. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#asking);
    for (const held of this.#held.values()) this.#step(held, "stopped");
    for (const run of this.#runs) run.stop();
    await Promise.all([...this.#runs].map(({ done }) => done));
  }

  /** A run whose spool the disk does not give is left for the next start; the server says that something is missing. */
  #takeUp(name: string, folder: string): void {
    const journal = new Journal(folder, this.#context.fsync);
    const notes = journal.read();
    const { lease } = notes;
    if (!lease) {
      journal.remove();
      return;
    }
    const { execution_id, epoch, action, boot_id } = lease;
    const key = { execution_id, epoch };
    // A release that made folders without an epoch noted no beginning, and a host that crashed may have lost the note.
    const has_begun = name === execution_id || journal.has_begun || boot_id !== bootId();
    const run = has_begun ? Run.resume(key, journal, notes, this.#context) : undefined;
    const held = this.#hold(key, journal, action);
    held.phase = phaseAfterRestart(has_begun);
    if (run) this.#run(held, run);
    this.#context.log.info(`execution ${execution_id}: taken up after a restart`);
  }

  #offer({ execution, token }: Extract<LeaseMessage, { type: "lease" }>): void {
    const { execution_id, epoch, action } = execution;
    const key = { execution_id, epoch };
    // A later epoch voids the earlier.
    for (const other of this.#held.values())
      if (other.key.execution_id === execution_id && other.key.epoch !== epoch) this.#step(other, "void");
    const { home, fsync } = this.#context;
    const journal = new Journal(join(home.spools, keyText(key)), fsync);
    const held = this.#held.get(keyText(key)) ?? this.#hold(key, journal, `${action.pack}.${action.name}`);
    held.execution ??= execution;
    held.token = token;
    this.#step(held, this.#unable.look() === undefined ? "leased" : "refused");
  }

  #step(held: Held, event: LeaseEvent): void {
    const circumstances = { confirms: this.#confirms, stopping: this.#stopping };
    const { phase, effects } = stepLease(held.phase, event, circumstances);
    held.phase = phase;
    const text = keyText(held.key);
    if (phase === undefined && this.#held.get(text) === held) this.#held.delete(text);
    for (const effect of effects) {
      try {
        this.#bring(held, effect);
      } catch (error) {
        const failure = diskFailure(error, held.journal.folder);
        if ((effect !== "keep" && effect !== "begin" && effect !== "give up") || !failure) throw error;
        this.#unable.because(failure.text);
        this.#step(held, effect === "give up" ? "stuck" : "unkept");
        return;
      }
    }
  }

  #bring(held: Held, effect: LeaseEffect): void {
    const { key, journal, action, execution } = held;
    switch (effect) {
      case "keep":
        this.#keep(held);
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
        this.#run(held, Run.begin(execution, journal, this.#context));
        this.#context.log.info(`execution ${key.execution_id}: ${action} begins`);
        break;
      case "give up":
        this.#run(held, Run.giveUp(key, journal, this.#context));
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
        else this.#remove(held);
        break;
      case "hang up":
        this.#hangUp();
    }
  }

  /** Throws where the disk does not take it, with nothing left. */
  #keep({ key, journal, action }: Held): void {
    const boot_id = bootId();
    try {
      journal.begin({ ...key, action, ...(boot_id === undefined ? {} : { boot_id }) });
    } catch (error) {
      journal.remove();
      throw error;
    }
  }

  #remove({ key, journal }: Held): void {
    const failure = journal.remove();
    if (failure) this.#context.log.warn(`execution ${key.execution_id}: ${leftText(failure)}`);
  }

  #hold(key: LeaseKey, journal: Journal, action: string): Held {
    const held: Held = {
      key,
      journal,
      action,
      phase: undefined,
      execution: undefined,
      token: "",
      canceled: false,
      run: undefined,
    };
    this.#held.set(keyText(key), held);
    return held;
  }

  #run(held: Held, run: Run): void {
    held.run = run;
    if (held.token !== "") run.setToken(held.token);
    if (held.canceled) run.cancel();
    this.#runs.add(run);
    void run.done.then((how) => {
      this.#runs.delete(run);
      this.#step(held, how === "given up" ? how : "done");
    });
  }

  #ask(): void {
    for (const held of this.#held.values())
      if (held.phase !== "begun" || held.token === "") this.#step(held, "unanswered");
  }
}
