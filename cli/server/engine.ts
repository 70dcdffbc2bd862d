import { createRequire } from "node:module";
import { join } from "node:path";
import { styleText } from "node:util";

/** The program that starts the engine, so that it does not end by itself where a terminal is told to end what runs there. */
const STARTER = join(import.meta.dirname, "engine.sh");

/** Lets Miniflare start the engine by the program beside this one. It reads the place from the environment, at each start. */
export function shieldEngine(env: NodeJS.ProcessEnv = process.env): void {
  const { MINIFLARE_WORKERD_PATH: path = enginePath(), TAILRACE_ENGINE } = env;
  env.TAILRACE_SERVER_PID = String(process.pid);
  if (path === STARTER && TAILRACE_ENGINE !== undefined) return;
  env.TAILRACE_ENGINE = path === STARTER ? enginePath() : path;
  env.MINIFLARE_WORKERD_PATH = STARTER;
}

/**
 * When the engine's isolates collect their garbage: once a heap has grown to 6 MB, and then each time that it is a fifth larger than
 * what lived in it. By default a heap may first grow to many times that. The engine does not count what its own objects behind
 * requests and sockets take, several times as much as the heap shows, and it collects nothing at rest: a server that has done much
 * would stay large, above all by the isolates of the index, whose heaps are small.
 */
const COLLECT_EARLY = "--initial-old-space-size=6 --heap-growing-percent=20";

/** Lets Miniflare start the engine so that its memory comes back. It reads the flags from the environment, where others may stand. */
export function collectEarly(env: NodeJS.ProcessEnv = process.env): void {
  env.MINIFLARE_WORKERD_V8_FLAGS ??= COLLECT_EARLY;
}

/** The environment as it was before both, for programs that may start engines of their own. */
export function unshielded(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { MINIFLARE_WORKERD_PATH: path, TAILRACE_ENGINE: engine, TAILRACE_SERVER_PID: _, ...rest } = env;
  if (path !== STARTER) return env;
  if (rest.MINIFLARE_WORKERD_V8_FLAGS === COLLECT_EARLY) delete rest.MINIFLARE_WORKERD_V8_FLAGS;
  return engine === undefined || engine === enginePath() ? rest : { ...rest, MINIFLARE_WORKERD_PATH: engine };
}

/** Prints what the engine and the Worker say, but not that flags keep the engine from code that was compiled without them. */
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
