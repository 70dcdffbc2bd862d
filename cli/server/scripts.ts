import { join } from "node:path";
import { ROOT } from "../base/root.ts";
import { type Built, buildOnce } from "./build-cache.ts";
import { buildWorker } from "./bundle.ts";
import { bundleCache, bundleIndex } from "./storage-scripts.ts";
import { buildViewer } from "./viewer.ts";

/** The scripts that the engine runs. They are functions, so that no text stays in memory: together they have some MB. */
export interface Scripts {
  worker: () => string;
  index: () => string;
  cache: () => string;
}

/** The Worker that is deployed. */
export const WORKER = join(ROOT, "src/worker.ts");

/** Builds the engine's scripts and the page, or takes them as they were built of the same files. */
export async function buildScripts(entry = WORKER): Promise<Record<keyof Scripts, Built>> {
  const [worker, index, cache] = await Promise.all([
    buildWorker(entry),
    buildOnce("index", bundleIndex),
    buildOnce("cache", bundleCache),
    buildViewer(),
  ]);
  return { worker, index, cache };
}

export function textsOf({ worker, index, cache }: Record<keyof Scripts, Built>): Scripts {
  return { worker: () => worker.text, index: () => index.text, cache: () => cache.text };
}
