import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { TRACING_VARIABLES } from "../../protocol/settings/tracing.ts";
import { isBeside, type Listen, LOCAL, publicUrl } from "../base/listen.ts";
import { makeFolder } from "../base/make-folder.ts";
import { readOptional } from "../base/optional-file.ts";
import { PAGE_FOLDER, PAGES, ROOT } from "../base/root.ts";
import { ownVars } from "../base/worker-vars.ts";
import { writeWhole } from "../base/write-whole.ts";
import { backUp } from "./backup/backup.ts";
import { serveControl } from "./control.ts";
import { serveDisk } from "./disk-service.ts";
import { Engine, enginePath } from "./engine.ts";
import { DISK_KEY, type EngineParts, engineConfig, INDEX_KEY, SOCKETS } from "./engine-config.ts";
import { Guard } from "./guard.ts";
import { type Index, indexAt, rowsAfter } from "./index-access.ts";
import { INDEX_BINDING } from "./index-scripts.ts";
import { migrate } from "./migrate.ts";
import type { Scripts } from "./scripts.ts";
import { secretsOf } from "./secrets.ts";
import { WORKER } from "./worker-config.ts";

/**
 * When an isolate of the engine collects garbage: once its heap has 6 MB, and then each time that it has grown by a fifth. The
 * default lets a heap grow to many times that first. The engine does not count its own objects behind requests and sockets, which
 * take several times as much as the heap, and it collects nothing while idle. With the default, a server that has worked much stays
 * large, mostly because of the index's isolates, whose heaps are small.
 */
const COLLECT_EARLY = "--initial-old-space-size=6 --heap-growing-percent=20";

export interface ServerOptions {
  /** 0 takes a free port. */
  port: number;
  /** For others than this command line's own programs; only this host by default. */
  listen?: Listen;
  /** The folder of all stored data. */
  state: string;
  /** Settings of the Worker to replace. */
  vars?: Record<string, string | number | boolean>;
  /** The script of a Worker beside ours that reaches its objects: tests control the engine by it. */
  control?: string;
}

export interface Server {
  /** The address on this host. */
  url: string;
  /** The address for others; the same by default. */
  public_url: string;
  apiKey: string;
  index: Index;
  /** The address of the Worker beside, where one was given. */
  control: string;
  stop: () => Promise<void>;
}

/** Starts the Worker with its own D1 and Durable Objects in one workerd. */
export async function startEngine(
  { port, listen = LOCAL, state, vars = {}, control }: ServerOptions,
  scripts: Scripts,
  unlock: () => void,
): Promise<Server> {
  const secrets = secretsOf(state);
  const folder = resolve(state, "engine");
  const beside = isBeside(listen);
  const config = writeEngine(folder, scripts, control, {
    worker: WORKER,
    page: resolve(folder, "page"),
    behind_proxy: listen.behind_proxy,
    beside: beside ? { tls: tlsFrom(folder, listen) } : undefined,
    settings: { ...ownVars(), ...vars },
    secrets: [...Object.keys(secrets), DISK_KEY, ...tracingVariables()],
    store: storeOf(state),
    certificates: extraCertificates(),
    v8_flags: (process.env.TAILRACE_ENGINE_FLAGS ?? COLLECT_EARLY).split(" ").filter((flag) => flag !== ""),
  });
  const [index_key, disk_key] = [newKey(), newKey()];
  const executions = join(storeOf(state), "do", `${WORKER.name}-Execution`);
  const disk = await serveDisk({ key: disk_key, state, executions });
  const guard = new Guard();
  let engine: Engine | undefined;
  let commands: { close: () => void } | undefined;
  const stop = async () => {
    commands?.close();
    await engine?.stop();
    disk.close();
    guard.release();
    unlock();
  };
  try {
    const running = await Engine.start({
      program: enginePath(),
      folder,
      config,
      env: { ...secrets, [INDEX_KEY]: index_key, [DISK_KEY]: disk_key },
      addresses: addressesOf(listen, port),
      sockets: [
        SOCKETS.worker,
        SOCKETS.index,
        ...(beside ? [SOCKETS.beside] : []),
        ...(control === undefined ? [] : [SOCKETS.control]),
      ],
      disk: disk.address,
      onStart: (pid) => guard.watch(pid),
    });
    engine = running;
    const index = indexAt(() => running.origin(SOCKETS.index), index_key);
    await migrate(index, resolve(ROOT, "migrations"));
    const url = running.origin(SOCKETS.worker);
    commands = await serveControl(state, {
      backup: (folder) => backUp(state, folder, running),
      address: async () => ({ url }),
      rows: (after) => rowsAfter(index, after),
    });
    return {
      url,
      public_url: beside ? publicUrl(listen, running.port(SOCKETS.beside)) : url,
      apiKey: secrets.TAILRACE_API_KEY,
      index,
      control: running.origin(SOCKETS.control),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The variables of OpenTelemetry that are set. The engine reads them from its environment: headers may hold a key. */
function tracingVariables(): string[] {
  return Object.keys(TRACING_VARIABLES).filter((name) => process.env[name]);
}

/** A key that only the engine gets. */
function newKey(): string {
  return randomBytes(32).toString("base64url");
}

/** The addresses of the Worker's sockets. Without a socket beside it, the Worker's own has the port. */
function addressesOf(listen: Listen, port: number): Record<string, { host: string; port: number }> {
  if (!isBeside(listen)) return { [SOCKETS.worker]: { host: LOCAL.host, port } };
  return {
    [SOCKETS.worker]: { host: LOCAL.host, port: 0 },
    [SOCKETS.beside]: { host: listen.host, port },
  };
}

/** The files of the certificate and its key, from the engine's folder. */
function tlsFrom(folder: string, { tls }: Listen): { cert: string; key: string } | undefined {
  return tls && { cert: relative(folder, tls.cert), key: relative(folder, tls.key) };
}

/**
 * Writes the scripts, the pages and the configuration, and returns the configuration's path. A crashed engine starts from them again,
 * also after an upgrade of the checkout.
 */
function writeEngine(
  folder: string,
  scripts: Scripts,
  control: string | undefined,
  parts: Omit<EngineParts, "script" | "index_script" | "index_binding" | "cache_script" | "control_script">,
): string {
  for (const kept of ["do", "d1", "cache"].map((name) => join(parts.store, name))) makeFolder(kept);
  for (const made of [folder, parts.page]) makeFolder(made);
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    if (readOptional(file) !== text) writeWhole(file, text);
    return name;
  };
  for (const page of PAGES) write(join("page", page), readFileSync(join(PAGE_FOLDER, page), "utf8"));
  const config = engineConfig({
    ...parts,
    script: write("worker.js", scripts.worker()),
    index_script: write("index.js", scripts.index()),
    index_binding: write("index-binding.js", INDEX_BINDING),
    cache_script: write("cache.js", scripts.cache()),
    control_script: control === undefined ? undefined : write("control.js", control),
  });
  return write("config.capnp", config);
}

/** The certificates that Node trusts besides its own. The engine knows only the system's. */
function extraCertificates(): string[] {
  const { NODE_EXTRA_CA_CERTS: file } = process.env;
  if (file === undefined) return [];
  try {
    return (
      readFileSync(file, "utf8").match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
    );
  } catch {
    // Node has warned of the file.
    return [];
  }
}

/** The folder of the engine's databases. */
export function storeOf(state: string): string {
  return resolve(state, "store");
}
