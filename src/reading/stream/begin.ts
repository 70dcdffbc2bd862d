import { TailraceError } from "../../../protocol/base/errors.ts";
import { ASKED_AT_ONCE, STREAM_LISTED_MAX } from "../../../protocol/base/reader-limits.ts";
import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Rights } from "../../../protocol/model/permissions.ts";
import { OUTPUT_EVENT } from "../../../protocol/wire/sse.ts";
import { inPortions } from "../../base/portions.ts";
import { DEPTH_MAX, descendantIds } from "../../index/executions.ts";
import { listUncompleted, type Uncompleted } from "../../index/uncompleted.ts";
import { executionStub } from "../../objects/execution.ts";
import { askedOf, hasBegun } from "./asked.ts";
import type { Place } from "./followed.ts";
import { concernsOutput, type StreamQuery } from "./query.ts";
import { type StreamSink, Subscription } from "./subscription.ts";
import type { TurnBounds } from "./turns.ts";

/** An execution that the stream begins with. */
interface Joined {
  place: Place;
  has_begun: boolean;
  /** Its last change of status then, without its end: events up to it are repetitions. */
  change: number;
}

export interface Start {
  family: Set<string>;
  joined: Joined[];
  /** The executions below the one that ends the stream, depth first. The stream begins with them. */
  replayed: string[];
  /** Whether the execution that ends the stream is a child itself. */
  ends_with_child: boolean;
  /** The execution that ends the stream, if it has completed already. */
  completed: Execution | undefined;
}

/**
 * The executions that a stream begins with; `ending` is the execution that ends it. The hubs must have accepted the
 * listener before: they report executions that are made from then on, and this function finds the earlier ones.
 */
export async function startOf(
  env: Env,
  query: StreamQuery,
  rights: Rights,
  ending: Execution | undefined,
): Promise<Start> {
  const { output_below, replay } = query;
  const family = new Set(output_below === undefined ? [] : await familyOf(env, output_below));
  const completed = ending && isCompleted(ending.status) ? ending : undefined;
  const ends_with_child = ending?.parent !== undefined;
  if (!query.wants(OUTPUT_EVENT)) return { family, joined: [], replayed: [], ends_with_child, completed };
  const replayed = ending && replay ? await below(env, ending.id, family) : [];
  const told = new Set([ending?.id, ...replayed]);
  const others = await runningOf(env, query, family, told, rights);
  const asked = askedOf(others);
  const joinedOf = async (origin: Uncompleted): Promise<Joined> => {
    const summary = asked.has(origin.id) ? await executionStub(env, origin.id).summary() : undefined;
    const { status = "requested", changes = 1, totals } = summary ?? {};
    const has_begun = hasBegun(status);
    const after = has_begun ? (totals?.last_seq ?? 0) : 0;
    return { place: { origin, after }, has_begun, change: lastChange(status, changes) };
  };
  const joined = await inPortions(others, ASKED_AT_ONCE, joinedOf);
  if (ending && concernsOutput(query, family, ending)) {
    const { id, action, runner } = ending;
    const origin = { id, action: { ref: action.ref }, runner: { name: runner.name } };
    const after = replay ? 0 : await endOf(env, id);
    joined.unshift({
      place: { origin, after },
      has_begun: true,
      change: lastChange(ending.status, ending.log.length),
    });
  }
  return { family, joined, replayed, ends_with_child, completed };
}

/** The last change that is no end: the end is still to be written. */
function lastChange(status: Status, changes: number): number {
  return isCompleted(status) ? changes - 2 : changes - 1;
}

/** The uncompleted executions whose output is requested, without those in `told`. */
async function runningOf(
  env: Env,
  query: StreamQuery,
  family: Set<string>,
  told: ReadonlySet<string | undefined>,
  rights: Rights,
): Promise<Uncompleted[]> {
  const { execution_ids, action_refs, output_below } = query;
  const among = execution_ids ?? (output_below === undefined ? undefined : family);
  const ids = among && new Set([...among].filter((id) => !told.has(id)));
  const found = await listUncompleted(env.INDEX, rights, { ids, action_refs }, STREAM_LISTED_MAX + 1);
  if (found.length > STREAM_LISTED_MAX) {
    throw new TailraceError(
      "too_many",
      `More than ${STREAM_LISTED_MAX} executions are running: name some of them.`,
    );
  }
  return found.filter((execution) => !told.has(execution.id) && concernsOutput(query, family, execution));
}

/** Begins a stream: follows each execution of the start from its place. */
export function begin(
  env: Env,
  query: StreamQuery,
  rights: Rights,
  { family, joined, replayed, ends_with_child, completed }: Start,
  sink: StreamSink,
  bounds?: TurnBounds,
): Subscription {
  const subscription = new Subscription(env, query, { rights, family, ends_with_child, bounds }, sink);
  for (const { place, has_begun, change } of joined) subscription.join(place, has_begun, change);
  if (replayed.length > 0) void subscription.replay(replayed);
  if (completed) subscription.finish(completed);
  return subscription;
}

async function familyOf(env: Env, parent: string): Promise<string[]> {
  return [parent, ...(await descendantIds(env.INDEX, parent, DEPTH_MAX))];
}

/** The executions of a family that are below one of it, depth first. */
async function below(env: Env, id: string, family: ReadonlySet<string>): Promise<string[]> {
  return (await familyOf(env, id)).slice(1).filter((one) => family.has(one));
}

/** The last sequence number of an execution's output now. */
async function endOf(env: Env, id: string): Promise<number> {
  return (await executionStub(env, id).summary())?.totals.last_seq ?? 0;
}
