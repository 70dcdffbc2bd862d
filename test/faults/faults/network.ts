import { pause } from "../../../protocol/base/backoff.ts";
import type { FaultKind } from "../fault.ts";
import type { Way } from "../world/messages.ts";
import { FAIR } from "../world/weather.ts";

const WAYS: Record<string, readonly Way[]> = { both: ["up", "down"], up: ["up"], down: ["down"] };

/** Faults of the network that hit all traffic. */
export const NETWORK_FAULTS: FaultKind[] = [
  {
    name: "connections cut",
    weight: 10,
    aim: "network",
    draw: (random) => ({ part: random.pick([0.3, 1]), reset: random.pick(["yes", "no"]) }),
    inject: async (world, { target, parameters }) => {
      const live = world.network(target).live;
      const cut = live.slice(0, Math.ceil(live.length * Number(parameters.part)));
      for (const connection of cut) connection.cut(parameters.reset === "yes");
      return cut.length > 0;
    },
  },
  {
    name: "connections refused",
    weight: 3,
    aim: "network",
    draw: (random) => ({ ms: random.integer(200, 2_500) }),
    inject: async (world, { target, parameters }) => {
      const network = world.network(target);
      if (!network.refuse()) return false;
      for (const connection of network.live) connection.cut(true);
      await pause(Number(parameters.ms), world.signal);
      await network.accept();
      return true;
    },
  },
  {
    name: "delay",
    weight: 4,
    aim: "network",
    draw: (random) => ({ ms: random.integer(500, 4_000), delay_ms: random.integer(5, 400) }),
    inject: async (world, { target, parameters }) => {
      const network = world.network(target);
      const is_used = network.live.length > 0;
      network.weather = { ...FAIR, delay_ms: Number(parameters.delay_ms) };
      await pause(Number(parameters.ms), world.signal);
      network.weather = FAIR;
      return is_used;
    },
  },
  {
    name: "throttle",
    weight: 4,
    aim: "network",
    draw: (random) => ({ ms: random.integer(500, 4_000), bytes_per_second: random.integer(2_000, 100_000) }),
    inject: async (world, { target, parameters }) => {
      const network = world.network(target);
      const is_used = network.live.length > 0;
      network.weather = { ...FAIR, bytes_per_second: Number(parameters.bytes_per_second) };
      await pause(Number(parameters.ms), world.signal);
      network.weather = FAIR;
      return is_used;
    },
  },
  {
    name: "half-open",
    weight: 4,
    aim: "network",
    draw: (random) => ({ way: random.pick(Object.keys(WAYS)), part: random.pick([0.3, 1]) }),
    inject: async (world, { target, parameters }) => {
      const live = world.network(target).live;
      const muted = live.slice(0, Math.ceil(live.length * Number(parameters.part)));
      for (const connection of muted) connection.mute(WAYS[String(parameters.way)] ?? []);
      return muted.length > 0;
    },
  },
  {
    name: "black hole",
    weight: 2,
    aim: "network",
    draw: (random) => ({ ms: random.integer(500, 6_000) }),
    inject: async (world, { target, parameters }) => {
      const network = world.network(target);
      const is_used = network.live.length > 0;
      network.openHole();
      await pause(Number(parameters.ms), world.signal);
      network.fillHole();
      return is_used;
    },
  },
];
