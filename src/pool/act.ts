import { failureText } from "../../protocol/base/failure-text.ts";
import type { PlaceEffect, PlaceEvent } from "./decide/place.ts";
import { type Answer, deliver } from "./deliver.ts";
import type { PoolState } from "./state.ts";

/**
 * Takes an event of an execution's place: decides, commits the place, then delivers the effects one after the other. The answer
 * to an effect is an event of its own, which is taken before the next effect is delivered.
 */
export async function act(pool: PoolState, execution_id: string, event: PlaceEvent): Promise<PlaceEffect[]> {
  return take(pool, execution_id, { event });
}

/** The same for an answer, which may carry values for the effects of its event. */
export async function take(pool: PoolState, execution_id: string, answer: Answer): Promise<PlaceEffect[]> {
  const { event, wanted, offer } = answer;
  const effects = pool.queue.step(execution_id, event, wanted);
  for (const effect of effects) {
    const next = await deliver(pool, execution_id, effect, offer);
    if (next) await take(pool, execution_id, next);
  }
  return effects;
}

/** Waits for the work on one execution. A failure is logged, so that the work on others continues. */
export async function apart(execution_id: string, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) =>
    console.error(`execution ${execution_id}: not told yet: ${failureText(error)}`),
  );
}
