import type { Act } from "../facts.ts";
import type { Fault, FaultKind } from "../fault.ts";
import type { Random } from "../random.ts";
import { actOn } from "../users/acts.ts";
import type { Way } from "../world/messages.ts";
import type { World } from "../world/world.ts";
import { within } from "./within.ts";

/** The most difficult moments for a user's act: between two messages of a run. */
const MOMENTS: readonly [Way, string][] = [
  ["down", "lease"],
  ["up", "accepted"],
  ["up", "start"],
  ["down", "start.answer"],
  ["up", "chunks"],
  ["down", "chunks.answer"],
  ["up", "end"],
  ["down", "end.answer"],
];

/** How long a moment is waited for. */
const WAIT_MS_MAX = 8_000;

/** Users' acts at the worst moments: a message is held until the server has answered the act. */
export const USER_FAULTS: FaultKind[] = [
  userFault("cancel", 4),
  userFault("pause", 1),
  userFault("pin", 1),
  userFault("unpin", 0.5),
  userFault("re_run", 1),
];

function userFault(what: Act["what"], weight: number): FaultKind {
  return {
    name: `${what.replace("_", "-")} at the worst moment`,
    weight,
    aim: "agent's network",
    draw: (random: Random) => {
      const [way, message] = random.pick(MOMENTS);
      const whom = random.pick(what === "pause" ? ["parent"] : ["itself", "itself", "parent"]);
      return { way, message, whom, held_ms: random.pick([0, 0, random.integer(1, 500)]) };
    },
    inject: (world, fault) => actAtMoment(world, fault, what),
  };
}

async function actAtMoment(world: World, fault: Fault, what: Act["what"]): Promise<boolean> {
  const { target, parameters } = fault;
  let acted: Promise<void> | undefined;
  const came = await within(WAIT_MS_MAX, world.signal, (onCaught) =>
    world.network(target).setSnare({
      way: parameters.way === "up" ? "up" : "down",
      kind: String(parameters.message),
      deed: { deed: "hold", ms: Number(parameters.held_ms) },
      onCaught: ({ execution }) => {
        if (execution !== undefined) acted = act(world, execution, fault, what);
        onCaught();
      },
    }),
  );
  await acted;
  return came && acted !== undefined;
}

async function act(world: World, execution: string, fault: Fault, what: Act["what"]): Promise<void> {
  const id = fault.parameters.whom === "parent" ? await parentOf(world, execution) : execution;
  const done = await actOn(world.client, id, what);
  world.noteAct(id, done);
}

/** The execution's parent if it has one: a chain is paused, and not its task. */
async function parentOf({ client }: World, execution: string): Promise<string> {
  try {
    return (await client.get(execution)).parent ?? execution;
  } catch {
    // The server may be away, and then it does not get the act either.
    return execution;
  }
}
