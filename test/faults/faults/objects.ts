import { pause } from "../../../protocol/base/backoff.ts";
import { relayName } from "../../../src/objects/relay.ts";
import type { FaultKind } from "../fault.ts";
import type { Random } from "../random.ts";
import type { World } from "../world/world.ts";

/** Faults of the objects and of the index that they share. */
export const OBJECT_FAULTS: FaultKind[] = [
  {
    name: "execution aborted",
    weight: 4,
    aim: "executions",
    draw: one,
    inject: async (world, { parameters }) => {
      const id = liveOne(world, Number(parameters.one));
      return id !== undefined && (await world.server.abort("EXECUTION", id));
    },
  },
  {
    name: "execution evicted",
    weight: 4,
    aim: "executions",
    draw: one,
    inject: async (world, { parameters }) => {
      const id = liveOne(world, Number(parameters.one));
      return id !== undefined && world.server.evict("EXECUTION", id);
    },
  },
  {
    name: "relay aborted",
    weight: 3,
    aim: "executions",
    draw: one,
    inject: async (world, { parameters }) => {
      const id = liveOne(world, Number(parameters.one));
      return id !== undefined && (await world.server.abort("RELAY", relayName(id, "any", 0)));
    },
  },
  {
    name: "relay evicted",
    weight: 3,
    aim: "executions",
    draw: one,
    inject: async (world, { parameters }) => {
      const id = liveOne(world, Number(parameters.one));
      return id !== undefined && world.server.evict("Relay", relayName(id, "any", 0));
    },
  },
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

function one(random: Random) {
  return { one: random.integer(0, 999_999) };
}

function liveOne({ live }: World, number: number): string | undefined {
  return [...live][number % Math.max(1, live.size)];
}

function poolOf({ pools }: World, number: number): string {
  return pools[number % pools.length] ?? "";
}
