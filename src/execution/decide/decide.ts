import type { ExecutionState } from "../state/state.ts";
import { type AgentAnswers, type AgentEvent, decideAgent } from "./agent.ts";
import { type BirthAnswers, type BirthEvent, decideBirth } from "./birth.ts";
import { type ChainAnswers, type ChainEvent, decideAnswerOfChain } from "./chain.ts";
import type { Context, Decision } from "./decision.ts";
import { type DeliveryAnswers, type DeliveryEvent, decideDelivery } from "./delivery.ts";
import { decideFamily, type FamilyAnswers, type FamilyEvent } from "./family.ts";
import { decideLease, type LeaseAnswers, type LeaseEvent } from "./lease.ts";
import { decideLifecycle, type LifecycleAnswers, type LifecycleEvent } from "./lifecycle.ts";
import { decideQueue, type QueueAnswers, type QueueEvent } from "./queue.ts";
import { decideRedaction, type RedactionAnswers, type RedactionEvent } from "./redaction.ts";
import { decideRetention, type RetentionAnswers, type RetentionEvent } from "./retention.ts";
import { withOutboxTimer } from "./status.ts";
import { decideTend, type TendAnswers, type TendEvent } from "./tend.ts";

/** Everything that can happen to an execution once it exists. */
export type Event =
  | AgentEvent
  | BirthEvent
  | ChainEvent
  | DeliveryEvent
  | FamilyEvent
  | LeaseEvent
  | LifecycleEvent
  | QueueEvent
  | RedactionEvent
  | RetentionEvent
  | TendEvent;

/** The answer to each kind of event. */
export interface Answers
  extends AgentAnswers,
    BirthAnswers,
    ChainAnswers,
    DeliveryAnswers,
    FamilyAnswers,
    LeaseAnswers,
    LifecycleAnswers,
    QueueAnswers,
    RedactionAnswers,
    RetentionAnswers,
    TendAnswers {}

/** A pure function of the state and an event: it reads no clock and no storage, and waits for nothing. */
export function decide<E extends Event>(
  state: ExecutionState,
  event: E,
  context: Context,
): Decision<Answers[E["kind"]]>;
export function decide(state: ExecutionState, event: Event, context: Context): Decision<unknown> {
  const decision = decided(state, event, context);
  const next = decision.state === state ? state : withOutboxTimer(decision.state, context.now_ms);
  return { ...decision, state: next };
}

function decided(state: ExecutionState, event: Event, context: Context): Decision<unknown> {
  switch (event.kind) {
    case "made":
      return decideBirth(state, event, context);
    case "give":
    case "unlease":
    case "agent_lost":
    case "abandon":
    case "lease_due":
    case "presence":
    case "unheld":
      return decideLease(state, event, context);
    case "check":
    case "start":
    case "issue_token":
    case "append":
    case "expand":
    case "end":
    case "agent_back":
      return decideAgent(state, event, context);
    case "cancel":
    case "pause":
    case "resume":
    case "update":
    case "delay_over":
      return decideLifecycle(state, event, context);
    case "queue_due":
    case "withdrawn":
      return decideQueue(state, event, context);
    case "told":
    case "followed":
      return decideDelivery(state, event, context);
    case "begin_chain":
    case "tend_begun":
    case "tend_over":
    case "child_batch":
    case "child_ended":
    case "child_pauses":
    case "child_paused":
    case "child_made":
    case "child_resumed":
    case "child_found":
    case "concluded":
      return decideFamily(state, event, context);
    case "tend":
      return decideTend(state, event, context);
    case "progress_begun":
    case "published":
    case "task_prepared":
      return decideAnswerOfChain(state, event, context);
    case "pin":
    case "expiry_due":
    case "removal_due":
    case "row_deleted":
      return decideRetention(state, event, context);
    case "redact":
    case "redacted":
    case "redaction_failed":
      return decideRedaction(state, event, context);
  }
}
