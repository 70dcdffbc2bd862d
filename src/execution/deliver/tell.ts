import { failureText } from "../../../protocol/base/failure-text.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import { answered } from "../../index/answered.ts";
import { replaceRow, writeRow } from "../../index/executions.ts";
import { hubOf } from "../../objects/hub.ts";
import { nameInLog } from "../../objects/spec.ts";
import { runCredential } from "../../rights/credentials.ts";
import type { Event } from "../decide/decide.ts";
import type { Told } from "../decide/delivery.ts";
import type { Stored } from "../family/stored.ts";
import { isChain } from "../state/chain.ts";
import { offerOf } from "../state/final.ts";
import { owesOthers } from "../state/outbox.ts";
import type { ExecutionRecord } from "../state/record.ts";
import type { ExecutionState } from "../state/state.ts";
import { poolOfSpec, wantedOf } from "./pool.ts";
import type { Upstream } from "./upstream.ts";

/** Delivers the outbox's entry for the index. It is separate, so that a slow index does not delay other receivers. */
export async function tellIndex(stored: Stored): Promise<Event[]> {
  const { env, record } = stored;
  const { state } = record;
  if (!state?.outbox.index) return [];
  const { version } = state;
  const tell = async () => {
    await answered(writeRow(env.INDEX, stored.document(), version, offerOf(state)));
    return { index: version };
  };
  return told(state, [tell()]);
}

/**
 * Writes the row of an execution to an index that may have lost it, and tells whether it was missing or older. With `anew`, it also
 * replaces a row that seems right.
 */
export async function tellIndexAgain(
  stored: Stored,
  anew: boolean,
): Promise<{ id: string; written: boolean }> {
  const { existing: state } = stored.record;
  const { id } = state.spec;
  const row = [stored.env.INDEX, stored.document(), state.version, offerOf(state)] as const;
  if (!anew) return { id, written: await answered(writeRow(...row)) };
  await answered(replaceRow(...row));
  return { id, written: true };
}

/** Delivers the outbox's entries for the parent, the hub, the pool and the run's token, all at the same time. */
export async function tellOthers(stored: Stored, upstream: Upstream | undefined): Promise<Event[]> {
  const { record } = stored;
  const { state } = record;
  if (!state || !owesOthers(state)) return [];
  return told(state, [
    tellParent(stored, state, upstream),
    tellHub(stored, state),
    tellPool(stored.env, state),
    revokeToken(stored.env, state),
  ]);
}

/** Whether an execution is a chain that is about to begin. It needs no pool. */
export function beginsChain({ state }: ExecutionRecord): boolean {
  return state?.outbox.pool === "enqueue" && isChain(state.spec);
}

type Part = Omit<Partial<Told>, "is_failed">;

async function told({ spec }: ExecutionState, receivers: Promise<Part>[]): Promise<Event[]> {
  const outcomes = await Promise.allSettled(receivers);
  const parts = outcomes.map((outcome) => (outcome.status === "fulfilled" ? outcome.value : {}));
  const failures = outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
  for (const error of failures) console.error(`${nameInLog(spec)}: not delivered yet: ${failureText(error)}`);
  return [{ kind: "told", ...Object.assign({}, ...parts), is_failed: failures.length > 0 }];
}

async function tellParent(
  { record }: Stored,
  { outbox, status }: ExecutionState,
  upstream: Upstream | undefined,
): Promise<Part> {
  if (!outbox.parent || !upstream) return {};
  if (isCompleted(status)) {
    await upstream.end({ status, result: record.result ?? {}, secrets: record.secrets });
  } else await upstream.pause();
  return { parent: status };
}

/** Each change of status is one event, in order, also after the hub could not be reached for some time. */
async function tellHub(stored: Stored, { spec, log, outbox: { announced } }: ExecutionState): Promise<Part> {
  const changes = log.length;
  if (announced === changes) return {};
  await hubOf(stored.env, spec.id).publish({ first: announced, execution: stored.document() });
  return { hub: changes };
}

/** The object that knows the streams of the run's token ends them. Requests with it are refused already. */
async function revokeToken(env: Env, { spec, outbox: { token } }: ExecutionState): Promise<Part> {
  if (token === undefined || token === null) return {};
  await env.CREDENTIAL.getByName(runCredential({ execution_id: spec.id, epoch: token })).changed();
  return { token };
}

async function tellPool(env: Env, { spec, outbox: { pool: what } }: ExecutionState): Promise<Part> {
  if (what === null) return {};
  const pool = poolOfSpec(env, spec);
  switch (what) {
    case "cancel":
      return { pool: { what, answer: (await pool.cancel(spec.id)) ? "taken" : "unheld" } };
    case "release":
      await pool.release(spec.id);
      return { pool: { what, answer: "taken" } };
    case "enqueue":
      return { pool: { what, answer: (await pool.enqueue(spec.id, wantedOf(spec))) ? "taken" : "full" } };
  }
}
