import { pause } from "../../../protocol/base/backoff.ts";
import { relayName } from "../../../src/objects/relay.ts";
import type { FaultKind } from "../fault.ts";
import type { Random } from "../random.ts";
import type { ObjectBinding } from "../world/server.ts";
import type { World } from "../world/world.ts";

/** Faults of the objects and of the index that they share. */
export const OBJECT_FAULTS: FaultKind[] = [
  ...lossesOf("execution", 4, "EXECUTION", (id) => id),
  ...lossesOf("relay", 3, "RELAY", (id) => relayName(id, "any", 0)),
  {
    name: "pool aborted",
    weight: 1.5,
    aim: "server",
    draw: one,
    inject: (world, { parameters }) =>
      world.server.abort("RUNNER_POOL", poolOf(world, Number(parameters.one))),
  },
  {
    name: "pool evicted",
    weight: 1.5,
    aim: "server",
    draw: one,
    inject: (world, { parameters }) =>
      world.server.evict("RUNNER_POOL", poolOf(world, Number(parameters.one))),
  },
  {
    name: "event hub aborted",
    weight: 0.5,
    aim: "server",
    draw: () => ({}),
    inject: (world) => world.server.abort("EVENT_HUB", "hub-0"),
  },
  {
    name: "index disturbed",
    weight: 2,
    aim: "server",
    draw: (random) => ({
      ms: random.integer(500, 4_000),
      seed: random.integer(1, 1_000_000),
      fail_before: random.pick([0, 0.2, 1]),
      fail_after: random.pick([0, 0.3]),
      delay_ms: random.pick([0, random.integer(50, 2_000)]),
      answer_delay_ms: random.pick([0, 0, random.integer(50, 2_000)]),
    }),
    inject: async ({ server, signal }, { parameters }) => {
      const { ms, ...faults } = parameters;
      const before = await server.indexFaultsHit();
      if (!(await server.setIndexFaults(faults))) return false;
      await pause(Number(ms), signal);
      const hits = (await server.indexFaultsHit()) - before;
      await server.setIndexFaults(undefined);
      return hits > 0;
    },
  },
];

/** An object that loses its memory and its sockets, and one that keeps its sockets: of one of the executions under way. */
function lossesOf(
  what: string,
  weight: number,
  binding: ObjectBinding,
  nameOf: (execution: string) => string,
): FaultKind[] {
  const loss =
    (how: "abort" | "evict"): FaultKind["inject"] =>
    async ({ live, server }, { parameters }) => {
      const id = [...live][Number(parameters.one) % Math.max(1, live.size)];
      return id !== undefined && (await server[how](binding, nameOf(id)));
    };
  return [
    { name: `${what} aborted`, weight, aim: "executions", draw: one, inject: loss("abort") },
    { name: `${what} evicted`, weight, aim: "executions", draw: one, inject: loss("evict") },
  ];
}

function one(random: Random) {
  return { one: random.integer(0, 999_999) };
}

function poolOf({ pools }: World, number: number): string {
  return pools[number % pools.length] ?? "";
}
