import { join } from "node:path";
import { BUILT_FOLDER, IS_INSTALLED, ROOT } from "../base/root.ts";
import { type FoundPrograms, type KeptPrograms, readPrograms } from "./kept-programs.ts";

/** The programs of an installed package, as `release/package/` builds them; undefined in a checkout. */
const INSTALLED: KeptPrograms | undefined = IS_INSTALLED
  ? {
      server: join(BUILT_FOLDER, "cli/server.js"),
      worker: join(BUILT_FOLDER, "engine/worker.js"),
      index: join(BUILT_FOLDER, "engine/index.js"),
      cache: join(BUILT_FOLDER, "engine/cache.js"),
      agent: { program: join(ROOT, "agent/built/agent.mjs") },
    }
  : undefined;

/** The agent's program. Node can run it as it is. */
export const AGENT = INSTALLED?.agent.program ?? join(ROOT, "agent/main.ts");

/** What the local server runs. An installed package has it; a checkout builds what has changed. */
export async function findPrograms(): Promise<FoundPrograms> {
  if (INSTALLED !== undefined) return { programs: readPrograms(INSTALLED), kept: INSTALLED };
  const { buildPrograms } = await import("./build-programs.ts");
  return buildPrograms();
}

/** Makes the page that is deployed. An installed package has it. */
export async function makePage(): Promise<void> {
  if (INSTALLED !== undefined) return;
  const { buildPage } = await import("./build-programs.ts");
  await buildPage();
}

/** Node's arguments that run the agent. A checkout writes its bundle to the state folder. */
export async function findAgent(state: string): Promise<string[]> {
  if (INSTALLED !== undefined) return readPrograms(INSTALLED).agent(state);
  const { buildAgentProgram } = await import("./build-programs.ts");
  return buildAgentProgram(state);
}
