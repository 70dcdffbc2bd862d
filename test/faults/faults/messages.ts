import type { Fault, FaultKind } from "../fault.ts";
import type { Random } from "../random.ts";
import type { Way } from "../world/messages.ts";
import type { Deed } from "../world/snare.ts";
import type { World } from "../world/world.ts";
import { within } from "./within.ts";

/** A message's direction, its kind, and its weight. */
type Drawable = readonly [[Way, string], number];

/** Messages between an agent and its server. */
const AGENT_MESSAGES: readonly Drawable[] = [
  [["up", "connect"], 1],
  [["down", "connect.answer"], 1],
  [["up", "hello"], 1],
  [["down", "welcome"], 1],
  [["down", "lease"], 5],
  [["up", "accepted"], 5],
  [["down", "confirmed"], 5],
  [["down", "resume"], 1],
  [["down", "void"], 0.5],
  [["down", "cancel"], 1],
  [["down", "flush"], 1],
  [["up", "start"], 4],
  [["down", "start.answer"], 4],
  [["up", "chunks"], 6],
  [["down", "chunks.answer"], 6],
  [["up", "end"], 4],
  [["down", "end.answer"], 4],
  [["up", "ping"], 0.5],
  [["down", "pong"], 0.5],
];

/** Messages between a reader and the server. */
const READER_MESSAGES: readonly Drawable[] = [
  [["up", "follow"], 2],
  [["down", "follow.answer"], 2],
  [["down", "follow.answer.part"], 4],
  [["down", "records"], 4],
  [["up", "credit"], 0.5],
];

/** Requests that may come twice without an effect. */
const REQUESTS = ["start", "chunks", "end"];

/** How long a message of the kind is waited for. */
const WAIT_MS_MAX = 8_000;

/** Faults of the network that hit one message of a given kind. */
export const MESSAGE_FAULTS: FaultKind[] = [
  ...[
    { name: "cut before a message", weight: 6, deed: () => ({ deed: "cut before" as const }) },
    {
      name: "cut within a message",
      weight: 8,
      deed: ({ fraction }: Drawn) => ({ deed: "cut within" as const, fraction }),
    },
    { name: "cut behind a message", weight: 8, deed: () => ({ deed: "cut behind" as const }) },
    {
      name: "silence within a message",
      weight: 2,
      deed: ({ fraction }: Drawn) => ({ deed: "fall silent within" as const, fraction }),
    },
    { name: "message held up", weight: 4, deed: ({ ms }: Drawn) => ({ deed: "hold" as const, ms }) },
  ].flatMap(({ name, weight, deed }) => [
    messageFault(name, weight, "agent's network", AGENT_MESSAGES, deed),
    messageFault(`${name} to a reader`, weight / 2, "reader's network", READER_MESSAGES, deed),
  ]),
  requestFault("request repeated", 7, ({ ms }) => ({ deed: "repeat", later_ms: ms })),
  requestFault("request truncated", 5, ({ fraction }) => ({ deed: "truncate", fraction })),
  requestFault("answer lost", 8, () => ({ deed: "lose answer" })),
];

interface Drawn {
  fraction: number;
  ms: number;
}

function messageFault(
  name: string,
  weight: number,
  aim: "agent's network" | "reader's network",
  messages: readonly Drawable[],
  deed: (drawn: Drawn) => Deed,
): FaultKind {
  return {
    name,
    weight,
    aim,
    draw: (random) => {
      const [way, message] = random.weighted(messages);
      return { way, message, ...drawn(random) };
    },
    inject: (world, fault) => snare(world, fault, deed(read(fault))),
  };
}

function requestFault(name: string, weight: number, deed: (drawn: Drawn) => Deed): FaultKind {
  return {
    name,
    weight,
    aim: "agent's network",
    draw: (random) => ({ way: "up", message: random.pick(REQUESTS), ...drawn(random) }),
    inject: (world, fault) => snare(world, fault, deed(read(fault))),
  };
}

function drawn(random: Random) {
  return { fraction: random.integer(5, 95) / 100, ms: random.pick([0, random.integer(20, 3_000)]) };
}

function read({ parameters }: Fault): Drawn {
  return { fraction: Number(parameters.fraction), ms: Number(parameters.ms) };
}

/** Waits for the message, and acts on it. False if none came. */
async function snare(world: World, fault: Fault, deed: Deed): Promise<boolean> {
  const { target, parameters } = fault;
  return within(WAIT_MS_MAX, world.signal, (onCaught) =>
    world.network(target).setSnare({
      way: parameters.way === "up" ? "up" : "down",
      kind: String(parameters.message),
      deed,
      onCaught: ({ execution }) => {
        world.timeline.note("fault", `#${fault.number} has hit${execution ? ` in ${execution}` : ""}`);
        onCaught();
      },
    }),
  );
}
