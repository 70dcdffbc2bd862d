import { existsSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../base/root.ts";
import { type FoundPrograms, type KeptPrograms, readPrograms } from "./kept-programs.ts";

/** The programs of an installed package, as `release/package/` builds them; undefined in a checkout. */
const INSTALLED: KeptPrograms | undefined = installed(join(ROOT, "built"));

/** The agent's program. Node can run it as it is. */
export const AGENT = INSTALLED?.agent.program ?? join(ROOT, "agent/main.ts");

/** What the local server runs. An installed package has it; a checkout builds what has changed. */
export async function findPrograms(): Promise<FoundPrograms> {
  if (INSTALLED !== undefined) return { programs: readPrograms(INSTALLED), kept: INSTALLED };
  const { buildPrograms } = await import("./build-programs.ts");
  return buildPrograms();
}

/** Node's arguments that run the agent. A checkout writes its bundle to the state folder. */
export async function findAgent(state: string): Promise<string[]> {
  if (INSTALLED !== undefined) return readPrograms(INSTALLED).agent(state);
  const { buildAgentProgram } = await import("./build-programs.ts");
  return buildAgentProgram(state);
}

function installed(folder: string): KeptPrograms | undefined {
  if (!existsSync(folder)) return undefined;
  return {
    server: join(folder, "cli/server.js"),
    worker: join(folder, "engine/worker.js"),
    index: join(folder, "engine/index.js"),
    cache: join(folder, "engine/cache.js"),
    agent: { program: join(ROOT, "agent/built/agent.mjs") },
  };
}
