import { pause } from "../../../protocol/base/backoff.ts";
import type { Aim, Fault, FaultKind } from "../fault.ts";
import type { Kept } from "../world/kept.ts";
import type { World } from "../world/world.ts";

/** Faults of processes. The harness restarts agents and the server; the server restarts the engine. */
export const PROCESS_FAULTS: FaultKind[] = [
  processFault("agent killed", 1.5, "agent", "SIGKILL"),
  processFault("agent told to stop", 1, "agent", "SIGTERM"),
  processFault("server killed", 0.25, "server", "SIGKILL"),
  processFault("server told to stop", 0.2, "server", "SIGTERM"),
  killedWhileStarting("agent killed as it starts", 0.8, "agent", 1_500),
  killedWhileStarting("server killed as it starts", 0.1, "server", 2_500),
  stopped("agent stopped", 1.5, "agent", keptOf),
  stopped("server stopped", 0.3, "server", keptOf),
  {
    name: "engine killed",
    weight: 0.3,
    aim: "server",
    draw: () => ({}),
    inject: async ({ server }) => {
      const pids = server.engines;
      // A server that is starting ends with its engine. One that is up starts another.
      if (pids.length > 0 && !server.kept.is_ready) server.kept.expectEnd();
      for (const pid of pids) process.kill(pid, "SIGKILL");
      return pids.length > 0;
    },
  },
  {
    name: "engine stopped",
    weight: 0.7,
    aim: "server",
    draw: (random) => ({ ms: random.integer(100, 3_000) }),
    inject: async ({ server, signal }, { parameters }) => {
      const pids = server.engines;
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      await pause(Number(parameters.ms), signal);
      for (const pid of pids) if (server.engines.includes(pid)) process.kill(pid, "SIGCONT");
      return pids.length > 0;
    },
  },
];

function keptOf(world: World, { target }: Fault): Kept {
  return target === "server" ? world.server.kept : world.agent(target).kept;
}

function processFault(name: string, weight: number, aim: Aim, signal: NodeJS.Signals): FaultKind {
  return {
    name,
    weight,
    aim,
    draw: () => ({}),
    inject: async (world, fault) => {
      const kept = keptOf(world, fault);
      return kept.is_ready && kept.signal(signal);
    },
  };
}

function killedWhileStarting(name: string, weight: number, aim: Aim, ms_max: number): FaultKind {
  return {
    name,
    weight,
    aim,
    draw: (random) => ({ after_ms: random.integer(20, ms_max) }),
    inject: async (world, fault) => {
      const kept = keptOf(world, fault);
      if (!kept.is_ready || !kept.signal("SIGKILL")) return false;
      await kept.restarted();
      await pause(Number(fault.parameters.after_ms), world.signal);
      return kept.signal("SIGKILL");
    },
  };
}

function stopped(
  name: string,
  weight: number,
  aim: Aim,
  of: (world: World, fault: Fault) => Kept,
): FaultKind {
  return {
    name,
    weight,
    aim,
    draw: (random) => ({ ms: random.integer(100, 6_000) }),
    inject: async (world, fault) => {
      const kept = of(world, fault);
      if (!kept.is_ready || !kept.signal("SIGSTOP")) return false;
      await pause(Number(fault.parameters.ms), world.signal);
      kept.signal("SIGCONT");
      return true;
    },
  };
}
