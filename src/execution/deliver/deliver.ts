import type { Event } from "../decide/decide.ts";
import type { Effect } from "../decide/decision.ts";
import type { Stored } from "../family/stored.ts";
import { advanceFamily } from "./chain.ts";
import { reachChild } from "./children.ts";
import { askForOutput, askPresence, endProcess, withdraw } from "./pool.ts";
import { removeRow } from "./remove.ts";
import { sendTrace } from "./trace.ts";

/** The effects that reach other objects or the index, and come back as events. */
export type RemoteEffect = Exclude<
  Effect,
  {
    kind:
      | "heard"
      | "announce"
      | "end_followers"
      | "dismiss_followers"
      | "tell"
      | "tell_others"
      | "tend"
      | "redact"
      | "shrink"
      | "delete_all";
  }
>;

/** Carries out an effect, and returns its answers as events. */
export async function deliver(stored: Stored, effect: RemoteEffect): Promise<Event[]> {
  const { env, record } = stored;
  switch (effect.kind) {
    case "ask_for_output":
      await askForOutput(env, record.existing);
      return [];
    case "end_process":
      await endProcess(env, record.existing);
      return [];
    case "trace":
      await sendTrace(env, record.existing);
      return [];
    case "ask_presence":
      return askPresence(env, record.existing, effect);
    case "withdraw":
      return withdraw(env, record.existing);
    case "remove":
      return removeRow(env.INDEX, record);
    case "begin_progress":
    case "publish":
    case "prepare_task":
    case "conclude":
      return advanceFamily(stored, effect);
    default:
      return reachChild(stored, effect);
  }
}
