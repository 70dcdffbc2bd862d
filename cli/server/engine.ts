import { createRequire } from "node:module";
import { join } from "node:path";

/** The program that starts the engine, so that it does not end by itself where a terminal is told to end what runs there. */
const STARTER = join(import.meta.dirname, "engine.sh");

/** Lets Miniflare start the engine by the program beside this one. It reads the place from the environment, at each start. */
export function shieldEngine(env: NodeJS.ProcessEnv = process.env): void {
  const { MINIFLARE_WORKERD_PATH: path = enginePath(), TAILRACE_ENGINE } = env;
  if (path === STARTER && TAILRACE_ENGINE !== undefined) return;
  env.TAILRACE_ENGINE = path === STARTER ? enginePath() : path;
  env.MINIFLARE_WORKERD_PATH = STARTER;
}

/** The environment as it was before that, for programs that may start engines of their own. */
export function unshielded(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MINIFLARE_WORKERD_PATH: path, TAILRACE_ENGINE: engine, ...rest } = env;
  if (path !== STARTER) return env;
  return engine === undefined || engine === enginePath() ? rest : { ...rest, MINIFLARE_WORKERD_PATH: engine };
}

/** The engine that Miniflare comes with. */
function enginePath(): string {
  const engine: { default: string } = createRequire(import.meta.resolve("miniflare"))("workerd");
  return engine.default;
}
