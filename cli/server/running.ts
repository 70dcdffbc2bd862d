import { resolve } from "node:path";
import type { Miniflare } from "miniflare";
import { isFull } from "../base/disk.ts";
import { makeFolder } from "../base/make-folder.ts";
import { bundleWorker } from "./bundle.ts";
import { collectEarly, printEngineLog, shieldEngine } from "./engine.ts";
import { Guard } from "./guard.ts";
import { migrate } from "./migrate.ts";
import { Revival } from "./revival.ts";
import { secretsOf } from "./secrets.ts";

import { buildViewer, VIEWER_FOLDER } from "./viewer.ts";
import { ownSettings, workerConfig } from "./worker-config.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const ENTRY = resolve(ROOT, "src/worker.ts");

/** How long open requests may delay a stop. */
const STOP_MS_MAX = 2_000;

export interface ServerOptions {
  /** 0 takes a free port. */
  port: number;
  /** The folder of all stored data. */
  state: string;
  /** Settings of wrangler.toml to replace. */
  vars?: Record<string, string | number | boolean>;
  /** The Worker's script: tests wrap it. */
  entry?: string;
}

export interface Server {
  url: string;
  apiKey: string;
  miniflare: Miniflare;
  stop: () => Promise<void>;
}

/**
 * Starts the Worker with its own D1 and Durable Objects in one workerd, on loopback. Requests go to the Worker by a direct
 * socket: Miniflare's development proxies would take most of its throughput.
 */
export async function startEngine(
  { port, state, vars = {}, entry = ENTRY }: ServerOptions,
  unlock: () => void,
): Promise<Server> {
  const secrets = secretsOf(state);
  // The bundler is a separate process, so Miniflare, which takes as long to load, loads at the same time.
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
    // Stopping an engine that failed to start fails with the same error.
    await stop().catch(() => undefined);
    throw error;
  } finally {
    restoreSignals();
  }
}

/**
 * Notes the signal handlers; the returned function removes those added since. Miniflare's handlers would stop the engine first
 * and end the process with Miniflare's exit code. The caller stops the server.
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

/** The folder of the engine's databases. */
export function storeOf(state: string): string {
  return resolve(state, "store");
}
