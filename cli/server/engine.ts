import { createRequire } from "node:module";
import { join } from "node:path";

/** The program that starts the engine, so that it does not end by itself where a terminal is told to end what runs there. */
const STARTER = join(import.meta.dirname, "engine.sh");

/** Lets Miniflare start the engine by the program beside this one. It reads the place from the environment, at each start. */
export function shieldEngine(env: NodeJS.ProcessEnv = process.env): void {
  if (env.MINIFLARE_WORKERD_PATH === STARTER) return;
  env.TAILRACE_ENGINE = env.MINIFLARE_WORKERD_PATH ?? enginePath();
  env.MINIFLARE_WORKERD_PATH = STARTER;
}

/** The engine that Miniflare comes with. */
function enginePath(): string {
  const engine: { default: string } = createRequire(import.meta.resolve("miniflare"))("workerd");
  return engine.default;
}
