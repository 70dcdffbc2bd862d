import { resolve } from "node:path";
import type { Miniflare } from "miniflare";
import { CliError } from "./errors.ts";
import { makeFolder } from "./make-folder.ts";
import { bringUp } from "./server/bring-up.ts";
import { bundleWorker } from "./server/bundle.ts";
import { isFull } from "./server/disk.ts";
import { collectEarly, printEngineLog, shieldEngine } from "./server/engine.ts";
import { Guard } from "./server/guard.ts";
import { lockState } from "./server/lock.ts";
import { migrate } from "./server/migrate.ts";
import { Revival } from "./server/revival.ts";
import { secretsOf } from "./server/secrets.ts";
import { noteStateVersion, readStateVersion, STATE_VERSION } from "./server/state-version.ts";
import { buildTemplateEngine } from "./server/template-engine.ts";
import { buildViewer, VIEWER_FOLDER } from "./server/viewer.ts";
import { ownSettings, workerConfig } from "./server/worker-config.ts";

const ROOT = resolve(import.meta.dirname, "..");
const ENTRY = resolve(ROOT, "src/worker.ts");

/** How long requests that are open may hold up a stop. */
const STOP_MS_MAX = 2_000;

export interface ServerOptions {
  /** 0 takes a free port. */
  port: number;
  /** Folder of everything that is kept. */
  state: string;
  /** Settings of wrangler.toml to replace. */
  vars?: Record<string, string | number | boolean>;
  /** The script that is the Worker: tests wrap it. */
  entry?: string;
}

export interface Server {
  url: string;
  apiKey: string;
  miniflare: Miniflare;
  stop: () => Promise<void>;
}

/**
 * Starts the Worker with its own D1 and Durable Objects in one workerd, on loopback. Requests go to the Worker by a
 * direct socket: the development proxies in front of it cost most of the requests that it can take.
 */
export async function startServer(options: ServerOptions): Promise<Server> {
  const lock = await lockState(options.state);
  try {
    await prepareState(options);
    return await startEngine(options, lock.release);
  } catch (error) {
    lock.release();
    if (error instanceof Error && /address already in use/i.test(error.message)) {
      throw new CliError(
        `Port ${options.port} is in use. Is a server running already? Another one: --port 0 takes a free one.`,
      );
    }
    // The engine says so in its own words, or in none.
    if (!(error instanceof CliError) && isFull(options.state)) {
      throw new CliError(
        `The disk under the state folder ${options.state} is full. Make room and start again: what is stored there is kept.`,
      );
    }
    throw error;
  }
}

/** Refuses a state that is newer than this program, and brings an older one up. */
async function prepareState(options: ServerOptions): Promise<void> {
  const { state } = options;
  const version = readStateVersion(state);
  if (version === STATE_VERSION) return;
  // The port is not known yet: a client that connects too early finds nothing, and tries again.
  await bringUp(storeOf(state), () => startEngine({ ...options, port: 0 }, () => undefined));
  noteStateVersion(state);
}

function storeOf(state: string): string {
  return resolve(state, "store");
}

async function startEngine(
  { port, state, vars = {}, entry = ENTRY }: ServerOptions,
  unlock: () => void,
): Promise<Server> {
  const secrets = secretsOf(state);
  buildTemplateEngine();
  // The bundler is a process of its own: Miniflare, which takes as long to load, is loaded meanwhile.
  const [modules, { convertV4MiniflareOptions, Log, LogLevel, Miniflare, Response }] = await Promise.all([
    bundleWorker(entry),
    import("miniflare"),
    buildViewer(),
  ]);
  const config = workerConfig(resolve(ROOT, "wrangler.toml"), VIEWER_FOLDER);
  const store = storeOf(state);
  makeFolder(store);
  const guard = new Guard();
  const restoreSignals = keepSignals();
  shieldEngine();
  collectEarly();
  const revival = new Revival(() => guard.watch());
  const log = revival.log(Log, LogLevel.ERROR);
  const optionsAt = (own_port: number) =>
    convertV4MiniflareOptions({
      ...config,
      modules,
      serviceBindings: {
        ...config.serviceBindings,
        DISK: () => new Response(isFull(state) ? "full" : "has room"),
      },
      bindings: { ...ownSettings(config.bindings), ...vars, ...secrets },
      unsafeDirectSockets: [{ host: "127.0.0.1", port: own_port }],
      unsafeHandleRuntimeRestart: () => guard.watch(),
      resourcePersistencePath: store,
      host: "127.0.0.1",
      port: 0,
      cf: false,
      telemetry: { enabled: false },
      log,
      handleStructuredLogs: printEngineLog,
    });
  const miniflare = new Miniflare(optionsAt(port));
  const stop = async () => {
    revival.stop();
    const timeout = new Promise<void>((done) => setTimeout(done, STOP_MS_MAX).unref());
    try {
      await Promise.race([miniflare.dispose(), timeout]);
    } finally {
      guard.kill();
      guard.release();
      unlock();
    }
  };
  try {
    await miniflare.ready;
    guard.watch();
    await migrate(miniflare, resolve(ROOT, "migrations"));
    const { origin: url, port: own_port } = await miniflare.unsafeGetDirectURL();
    revival.watch(miniflare, optionsAt(Number(own_port)));
    return { url, apiKey: secrets.TAILRACE_API_KEY, miniflare, stop };
  } catch (error) {
    // An engine that never came up fails to stop with what it failed to start with.
    await stop().catch(() => undefined);
    throw error;
  } finally {
    restoreSignals();
  }
}

/**
 * Miniflare ends the process at a signal, with its own exit code and the engine first. Who starts a server here stops it
 * in an order of their own, so the handlers that come meanwhile are taken out again.
 */
function keepSignals(): () => void {
  const kept = SIGNALS.map((signal) => ({ signal, listeners: process.listeners(signal) }));
  return () => {
    for (const { signal, listeners } of kept) {
      for (const listener of process.listeners(signal))
        if (!listeners.includes(listener)) process.off(signal, listener);
    }
  };
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
