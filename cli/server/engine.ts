import { createRequire } from "node:module";
import { join } from "node:path";
import { styleText } from "node:util";

/** The script that starts the engine, so that a terminal's signals do not end it. */
const STARTER = join(import.meta.dirname, "engine.sh");

/** Makes Miniflare start the engine by that script. Miniflare reads the path from the environment at each start. */
export function shieldEngine(env: NodeJS.ProcessEnv = process.env): void {
  const { MINIFLARE_WORKERD_PATH: path = enginePath(), TAILRACE_ENGINE } = env;
  env.TAILRACE_SERVER_PID = String(process.pid);
  if (path === STARTER && TAILRACE_ENGINE !== undefined) return;
  env.TAILRACE_ENGINE = path === STARTER ? enginePath() : path;
  env.MINIFLARE_WORKERD_PATH = STARTER;
}

/**
 * When an isolate of the engine collects garbage: once its heap has 6 MB, and then each time that it has grown by a fifth. The
 * default lets a heap grow to many times that first. The engine does not count its own objects behind requests and sockets, which
 * take several times as much as the heap, and it collects nothing while idle. With the default, a server that has worked much stays
 * large, mostly because of the index's isolates, whose heaps are small.
 */
const COLLECT_EARLY = "--initial-old-space-size=6 --heap-growing-percent=20";

/** Makes Miniflare start the engine with these flags. It reads them from the environment; flags that are set there stay. */
export function collectEarly(env: NodeJS.ProcessEnv = process.env): void {
  env.MINIFLARE_WORKERD_V8_FLAGS ??= COLLECT_EARLY;
}

/** The environment without both changes, for programs that may start engines of their own. */
export function unshielded(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MINIFLARE_WORKERD_PATH: path, TAILRACE_ENGINE: engine, TAILRACE_SERVER_PID: _, ...rest } = env;
  if (path !== STARTER) return env;
  if (rest.MINIFLARE_WORKERD_V8_FLAGS === COLLECT_EARLY) delete rest.MINIFLARE_WORKERD_V8_FLAGS;
  return engine === undefined || engine === enginePath() ? rest : { ...rest, MINIFLARE_WORKERD_PATH: engine };
}

/** Prints the log of the engine and the Worker, except the notice that the flags disable the engine's compile cache. */
export function printEngineLog({ level, message }: { level: string; message: string }): void {
  if (message.startsWith(CACHE_NOTICE)) return;
  if (level === "error" || level === "warn")
    console.error(styleText("red", message, { stream: process.stderr }));
  else console.log(message);
}

const CACHE_NOTICE = "NOSENTRY per-isolate bootstrap compile cache";

/** The engine that Miniflare comes with. */
function enginePath(): string {
  const engine: { default: string } = createRequire(import.meta.resolve("miniflare"))("workerd");
  return engine.default;
}
