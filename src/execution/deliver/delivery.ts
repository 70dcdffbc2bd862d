import { FLUSH_WATCHED_MS } from "../../../protocol/base/limits.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { answered } from "../../index/answered.ts";
import { writeRow } from "../../index/executions.ts";
import { hubOf } from "../../objects/hub.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { isChain } from "../family/chain/task.ts";
import type { Intake } from "../intake.ts";
import { poolOfSpec, wantedOf } from "../queueing.ts";
import { documentAt } from "../state/document.ts";
import type { ExecutionRecord } from "../state/record.ts";
import { changed, type ExecutionState } from "../state/state.ts";
import { FULL_RETRY_MS, OUTBOX_RETRY_MS, owesOthers } from "./outbox.ts";
import { Rounds } from "./rounds.ts";

/** What a delivery tells of, and what it brings about. */
export interface DeliveryParts {
  env: Env;
  ctx: DurableObjectState;
  record: ExecutionRecord;
  intake: Intake;
  /** Begins what needs no agent. */
  begin: (state: ExecutionState) => void;
  /** The pool was told to cancel, and no agent has the execution or ever will. */
  unheld: (state: ExecutionState) => void;
}

/**
 * Tells the parent, the index, the hub and the pool what they do not know yet, all at once, and strikes out of the outbox
 * what each has taken. What fails stays in it, and the alarm tries it again. The index, which is elsewhere and may be slow,
 * holds up none of the others.
 */
export class Delivery {
  readonly #parts: DeliveryParts;
  readonly #index = new Rounds(() =>
    this.#tell(
      ({ outbox }) => outbox.index,
      (state) => [this.#tellIndex(state)],
    ),
  );
  readonly #others = new Rounds(() => this.#tellOthers());

  constructor(parts: DeliveryParts) {
    this.#parts = parts;
  }

  /** Stores what has changed, and tells the others once this event is done. */
  tell(state: ExecutionState): void {
    this.#parts.record.save(state);
    this.#parts.ctx.waitUntil(this.run());
  }

  /** Something that the index shows is another now, though the status is not. */
  tellChange(state: ExecutionState): void {
    changed(state);
    this.tell(state);
  }

  /** Tells what is owed. Resolves once everybody has been told, or could not be. */
  async run(): Promise<void> {
    await Promise.all([this.#others.run(), this.#index.run()]);
  }

  /** The alarm has come for what is owed. It waits for no receiver: other timers are behind it. */
  due(state: ExecutionState, now_ms: number): void {
    state.timers.outbox = now_ms + OUTBOX_RETRY_MS;
    this.tell(state);
  }

  /** The first follower has come: the agent need not wait for its next acknowledgement to send at once. */
  askForOutput({ spec, status }: ExecutionState): void {
    if (status === "running") this.#parts.ctx.waitUntil(this.#pool(spec).flush(spec.id, FLUSH_WATCHED_MS));
  }

  /** The execution has ended without its agent, if it has one: that is to end the process. */
  endProcess({ spec, lease }: ExecutionState): void {
    if (lease) this.#parts.ctx.waitUntil(this.#pool(spec).cancel(spec.id));
  }

  async #tellOthers(): Promise<void> {
    let held = true;
    await this.#tell(owesOthers, (state) => [
      this.#tellParent(state),
      this.#tellHub(state),
      this.#tellPool(state).then((answer) => {
        held = answer;
      }),
    ]);
    // Also where another has not been told yet: the pool has forgotten the execution, and says so this once.
    const { state } = this.#parts.record;
    if (!held && state && !isCompleted(state.status)) this.#parts.unheld(state);
  }

  async #tell(
    isOwed: (state: ExecutionState) => boolean,
    receivers: (state: ExecutionState) => Promise<void>[],
  ): Promise<void> {
    const { record } = this.#parts;
    const { state } = record;
    // Of what is half made no receiver hears: it may come to nothing.
    if (!state || record.half || !isOwed(state)) return;
    const outcomes = await Promise.allSettled(receivers(state));
    // It may have been deleted since.
    if (record.state !== state) return;
    const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
    for (const error of failures) console.error(`execution ${state.spec.id}: not delivered yet: ${error}`);
    if (failures.length > 0) state.timers.outbox = Date.now() + OUTBOX_RETRY_MS;
    record.save(state);
  }

  async #tellParent(state: ExecutionState): Promise<void> {
    const { record, intake } = this.#parts;
    const { upstream } = intake;
    if (!state.outbox.parent || !upstream) return;
    const { status } = state;
    if (isCompleted(status)) {
      await upstream.end({ status, result: record.result ?? {}, secrets: record.secrets(state) });
    } else await upstream.pause();
    // What has become of it meanwhile is owed again.
    if (state.status === status) state.outbox.parent = false;
  }

  async #tellIndex(state: ExecutionState): Promise<void> {
    const { env, record } = this.#parts;
    const { version } = state;
    await answered(writeRow(env.INDEX, record.document(state), version));
    // What has changed meanwhile is owed again.
    if (state.version === version) state.outbox.index = false;
  }

  /** Every change of status is an event of its own, in order, however long the hub was away. */
  async #tellHub(state: ExecutionState): Promise<void> {
    const { env, record } = this.#parts;
    const changes = state.log.length;
    const { announced } = state.outbox;
    if (announced === changes) return;
    const execution = record.document(state);
    const events = Array.from({ length: changes - announced }, (_, at) => ({
      change: announced + at,
      execution: documentAt(execution, announced + at),
    }));
    await hubOf(env, state.spec.id).publish(events);
    state.outbox.announced = changes;
  }

  /** False where the pool was told to cancel what no agent has. */
  async #tellPool(state: ExecutionState): Promise<boolean> {
    const what = state.outbox.pool;
    if (what === null) return true;
    const { spec } = state;
    const pool = this.#pool(spec);
    let held = true;
    if (what === "cancel") held = await pool.cancel(spec.id);
    else if (what === "release") await pool.release(spec.id);
    else if (isChain(spec)) this.#parts.begin(state);
    else if (!(await pool.enqueue(spec.id, wantedOf(spec)))) {
      // Of a family too many wait already: it stays here, and asks again.
      if (state.outbox.pool === what) state.timers.outbox = Date.now() + FULL_RETRY_MS;
      return true;
    }
    if (state.outbox.pool === what) state.outbox.pool = null;
    return held;
  }

  #pool(spec: ExecutionSpec) {
    return poolOfSpec(this.#parts.env, spec);
  }
}
