import { pause } from "../../../protocol/base/backoff.ts";
import type { FaultKind } from "../fault.ts";
import type { Random } from "../random.ts";

/** The interval of looks at a server's start. */
const LOOK_MS = 100;

/** Faults of the machines of servers and agents: their disks and their clocks. */
export const HOST_FAULTS: FaultKind[] = [
  {
    name: "agent's disk full",
    weight: 1,
    aim: "agent",
    needs_root: true,
    draw: fullness,
    inject: async (world, { target, parameters }) => {
      const disk = world.disks.get(target);
      if (disk === undefined) return false;
      disk.fill(Number(parameters.bytes_left));
      await pause(Number(parameters.ms), world.signal);
      disk.empty();
      return true;
    },
  },
  {
    name: "server's disk full",
    weight: 0.5,
    aim: "server",
    needs_root: true,
    draw: fullness,
    inject: async (world, { parameters }) => {
      const disk = world.disks.get("server");
      if (disk === undefined) return false;
      disk.fill(Number(parameters.bytes_left));
      // A server that starts on a full disk ends with a message, and its service manager tries again.
      const expectEnd = () => world.server.kept.is_ready || world.server.kept.expectEnd();
      const looking = setInterval(expectEnd, LOOK_MS);
      await pause(Number(parameters.ms), world.signal);
      clearInterval(looking);
      expectEnd();
      disk.empty();
      return true;
    },
  },
  {
    name: "agent's clock jumps",
    weight: 2,
    aim: "agent",
    draw: (random) => ({
      offset_ms: random.pick([0, 900, 5_000, -5_000, 7_200_000, -7_200_000, 86_400_000]),
    }),
    inject: async (world, { target, parameters }) => {
      const agent = world.agent(target);
      agent.setClock(Number(parameters.offset_ms));
      return agent.kept.is_ready;
    },
  },
];

function fullness(random: Random) {
  return { ms: random.integer(300, 3_000), bytes_left: random.pick([0, 4_096, 65_536]) };
}
