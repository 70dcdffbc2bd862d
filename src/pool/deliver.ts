import { failureText } from "../../protocol/base/failure-text.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { signLease } from "../crypto/lease.ts";
import { deploymentSecret } from "../crypto/secret.ts";
import { type ExecutionStub, executionStub } from "../objects/execution.ts";
import type { LeaseHolder } from "../objects/lease.ts";
import type { Wanted } from "../objects/pool.ts";
import type { Lease, PlaceEffect, PlaceEvent } from "./decide/place.ts";
import type { PoolState } from "./state.ts";

/** How soon after a failed give the pool dispatches again. */
const RETRY_MS = 1_000;

/** The answer to an effect: an event of the place, and values for the effects of that event. */
export interface Answer {
  event: PlaceEvent;
  /** The needs of an execution that gets a place. */
  wanted?: Wanted | undefined;
  /** The execution as its agent gets it, and the token of the lease. */
  offer?: Offer;
}

interface Offer {
  execution: LeasedExecution;
  token: string;
}

/** Delivers one effect: asks the execution, which checks the lease itself, or tells the agent. Throws if the execution cannot be asked. */
export async function deliver(
  pool: PoolState,
  execution_id: string,
  effect: PlaceEffect,
  offer?: Offer,
): Promise<Answer | undefined> {
  switch (effect.kind) {
    case "unheld":
      return undefined;
    case "clear setback":
      pool.setbacks.clear(execution_id);
      return undefined;
    case "set back":
      pool.setbacks.add(execution_id, Date.now());
      // Dispatches soon, while this execution is still left out, so that others get their turn.
      await pool.watch(RETRY_MS);
      return undefined;
    case "tell":
      return tell(pool, execution_id, effect, offer);
    default:
      return ask(pool, execution_id, effect);
  }
}

type Asked = Exclude<PlaceEffect, { kind: "unheld" | "tell" | "set back" | "clear setback" }>;

async function ask(pool: PoolState, execution_id: string, effect: Asked): Promise<Answer | undefined> {
  const { lease } = effect;
  const { epoch } = lease;
  const holder: LeaseHolder = { ...lease, pool: pool.name };
  const execution = executionStub(pool.env, execution_id);
  switch (effect.kind) {
    case "give":
      return give(pool, execution_id, execution, holder);
    case "lost":
      await execution.agentLost(holder, effect.heard_ms);
      return pool.agents.socketOf(lease.agent_id) ? { event: { kind: "back", lease } } : undefined;
    case "unlease": {
      const is_void = await execution.unlease(holder);
      const begun = { kind: "begun", epoch, why: effect.why } as const;
      return { event: is_void ? { kind: "voided", epoch } : begun };
    }
    case "abandon": {
      const { reason } = effect;
      const is_over = await execution.abandon(holder, reason);
      return { event: is_over ? { kind: "abandoned", epoch } : { kind: "unknown", epoch, reason } };
    }
    case "claim": {
      const { held, cancel, wanted } = await execution.agentBack(holder);
      if (!held) return { event: { kind: "not_mine", lease } };
      return { event: { kind: "mine", lease, runs: wanted !== undefined, cancel }, wanted };
    }
    case "check": {
      const { held, wanted } = await execution.agentBack(holder);
      const found = wanted ? "runs" : held ? "ended" : "void";
      return { event: { kind: "checked", lease, found } };
    }
  }
}

/** An execution that cannot be asked waits again. */
async function give(
  pool: PoolState,
  execution_id: string,
  execution: ExecutionStub,
  holder: LeaseHolder,
): Promise<Answer> {
  const { epoch, agent_id } = holder;
  try {
    const answer = await execution.lease(holder, pool.roster.of(agent_id)?.name ?? agent_id);
    switch (answer.kind) {
      case "given": {
        // Signed first: nothing may be awaited between the check of the place and the offer.
        const token = await sign(pool, execution_id, holder);
        return { event: { kind: "given", epoch }, offer: { execution: answer.execution, token } };
      }
      case "held":
        return { event: { kind: "held", epoch, by: answer } };
      case "over":
        return { event: { kind: "over", epoch } };
    }
  } catch (error) {
    console.error(`execution ${execution_id}: not given yet: ${failureText(error)}`);
    return { event: { kind: "unanswered", epoch } };
  }
}

/** Tells the agent. If a lease cannot be sent, no agent starts it, so its agent counts as away. */
async function tell(
  pool: PoolState,
  execution_id: string,
  { what, lease }: Extract<PlaceEffect, { kind: "tell" }>,
  offer?: Offer,
): Promise<Answer | undefined> {
  const { epoch, agent_id } = lease;
  const key = { execution_id, epoch };
  switch (what) {
    case "lease": {
      if (!offer) throw new Error("a lease is sent with its execution");
      if (pool.tell(agent_id, { type: "lease", ...offer })) return undefined;
      return { event: { kind: "away", lease, early: false, heard_ms: null } };
    }
    case "resume":
      pool.tell(agent_id, { type: "resume", token: await sign(pool, execution_id, lease), ...key });
      return undefined;
    case "confirmed":
    case "void":
    case "cancel":
      pool.tell(agent_id, { type: what, ...key });
      return undefined;
  }
}

function sign(pool: PoolState, execution_id: string, { epoch, agent_id }: Lease): Promise<string> {
  return signLease({ execution_id, epoch, agent_id, pool: pool.name }, deploymentSecret(pool.env));
}
