import { startBuilt } from "./built-server.ts";
import type { Server, ServerOptions } from "./running.ts";
import { buildScripts, textsOf } from "./scripts.ts";

/** Builds what has changed, and starts the server. `entry` is another script for the Worker: tests wrap it. */
export async function startServer({
  entry,
  ...options
}: ServerOptions & { entry?: string }): Promise<Server> {
  return startBuilt(options, textsOf(await buildScripts(entry)));
}
