import type { PoolMessage } from "../../protocol/wire/agent.ts";
import { Buckets } from "../base/bucket.ts";
import { Able } from "./able.ts";
import { Agents } from "./agents.ts";
import { startsEarly } from "./decide/agent.ts";
import { type Limits, limitsOf } from "./decide/limits.ts";
import { send } from "./message.ts";
import { Offers } from "./offers.ts";
import { Queue } from "./queue.ts";
import { Roster } from "./roster.ts";
import { Setbacks } from "./setbacks.ts";

const DRAINED = "an administrator drains it";

/** The state of one pool: its queue and roster on disk, its agents' sockets, and values that are only in memory. */
export class PoolState {
  readonly ctx: DurableObjectState;
  readonly env: Env;
  readonly queue: Queue;
  readonly roster: Roster;
  readonly agents: Agents;
  readonly setbacks = new Setbacks();
  readonly able = new Able();
  readonly offers = new Offers();
  /** Whether the last look at a local server's disk has found only its reserve. */
  lacks_room = false;
  /** Messages of each agent, for the rate limit. */
  readonly messages = new Buckets();

  constructor(ctx: DurableObjectState, env: Env) {
    this.ctx = ctx;
    this.env = env;
    this.queue = new Queue(ctx.storage.sql);
    this.roster = new Roster(ctx.storage.sql);
    this.agents = new Agents(ctx, this.roster);
  }

  /** The pool's name. */
  get name(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a pool's object has a name");
    return name;
  }

  get limits(): Limits {
    return limitsOf(this.env);
  }

  /** The reason of each agent that gets no new work now, by its id: an administrator drains it, or it has said so itself. */
  get idled(): ReadonlyMap<string, string> {
    const { agents, roster } = this;
    if (roster.drained.size === 0) return agents.unable;
    const drained = [...roster.drained.keys()].map((id): [string, string] => [id, DRAINED]);
    return new Map([...drained, ...agents.unable]);
  }

  /** Whether an agent starts executions before the pool confirms them. */
  isEarly(agentId: string): boolean {
    return startsEarly(this.roster.of(agentId));
  }

  /** Sends a message to an agent. False: the agent is not connected. */
  tell(agentId: string, message: PoolMessage): boolean {
    const socket = this.agents.socketOf(agentId);
    if (socket) send(socket, message);
    return socket !== undefined;
  }

  /** Sets the alarm, unless it comes earlier already. */
  async watch(in_ms: number): Promise<void> {
    const due_ms = Date.now() + in_ms;
    const set_ms = await this.ctx.storage.getAlarm();
    if (set_ms === null || set_ms > due_ms) await this.ctx.storage.setAlarm(due_ms);
  }
}
