import type { WorkerConfig } from "./worker-config.ts";

/** What the engine is started with. Scripts are files beside the configuration. */
export interface EngineParts {
  worker: WorkerConfig;
  script: string;
  /** The script of D1, as Miniflare has it. */
  index_script: string;
  /** The module that makes the Worker's binding of D1. */
  index_binding: string;
  /** The script of the Cache API, as Miniflare has it. */
  cache_script: string;
  /** A Worker beside ours that reaches its objects: tests control the engine by it. */
  control_script?: string | undefined;
  settings: Record<string, string | number | boolean>;
  /** Names of bindings whose values the engine reads from its environment, so that no file has them. */
  secrets: readonly string[];
  /** The folder of the databases. */
  store: string;
  /** The folder of the built page. */
  page: string;
  /** Certificates to trust, besides the system's. */
  certificates: readonly string[];
  v8_flags: readonly string[];
  /** Whether a proxy says by which scheme a request came. */
  behind_proxy: boolean;
  /** The socket for others; undefined if they use the Worker's own. TLS names two files, from the configuration's folder. */
  beside: { tls?: { cert: string; key: string } | undefined } | undefined;
}

/** Where the engine listens. The ports and the disk's address are given when it starts. */
export const SOCKETS = { worker: "worker", beside: "beside", index: "index", control: "control" } as const;
export const DISK = "DISK";

/** The binding by which the Worker has the key of the service that looks at the disk. */
export const DISK_KEY = "DISK_KEY";

/** The module of the Worker's binding of D1. */
const INDEX_BINDING = "tailrace-internal:index";

/** The binding by which the index's private socket knows its key. */
export const INDEX_KEY = "INDEX_KEY";

/**
 * The engine's configuration as a Cap'n Proto text. Names and keys of D1, cache and objects are Miniflare's: they decide the files'
 * names in a state folder.
 */
export function engineConfig(parts: EngineParts): string {
  const { worker, settings, secrets, store, v8_flags, certificates, control_script, beside } = parts;
  const options = parts.behind_proxy ? { forwardedProtoHeader: "X-Forwarded-Proto" } : {};
  const objects = worker.objects.map(({ binding, class_name }) => ({
    name: binding,
    durableObjectNamespace: { className: class_name, serviceName: "worker" },
  }));
  const config = {
    v8Flags: v8_flags,
    extensions: [
      { modules: [{ name: INDEX_BINDING, internal: true, esModule: new Embedded(parts.index_binding) }] },
    ],
    logging: { structuredLogging: true },
    sockets: [
      listener(SOCKETS.worker, { name: "worker" }, { http: options }),
      ...(beside === undefined
        ? []
        : [
            listener(
              SOCKETS.beside,
              { name: "worker" },
              beside.tls ? { https: https(options, beside.tls) } : { http: options },
            ),
          ]),
      listener(SOCKETS.index, { name: "index", entrypoint: "Private" }),
      ...(control_script === undefined ? [] : [listener(SOCKETS.control, { name: "control" })]),
    ],
    services: [
      {
        name: "worker",
        worker: {
          ...scriptOf(parts.script),
          compatibilityDate: worker.compatibility_date,
          // By this flag, the client of D1 calls a method instead of sending requests.
          compatibilityFlags: [...worker.compatibility_flags, "d1_binding_jsrpc"],
          bindings: [
            ...Object.entries(settings).map(([name, value]) =>
              typeof value === "string" ? { name, text: value } : { name, json: JSON.stringify(value) },
            ),
            ...secrets.map((name) => ({ name, fromEnvironment: name })),
            ...objects,
            { name: worker.assets, service: "assets" },
            { name: DISK, service: DISK },
            {
              name: worker.index,
              wrapped: {
                moduleName: INDEX_BINDING,
                innerBindings: [
                  {
                    name: "OBJECTS",
                    durableObjectNamespace: { className: "D1DatabaseObject", serviceName: "index" },
                  },
                  { name: "NAME", text: worker.index },
                ],
              },
            },
          ],
          durableObjectNamespaces: worker.objects.map(({ class_name }) => ({
            className: class_name,
            enableSql: true,
            uniqueKey: `${worker.name}-${class_name}`,
          })),
          durableObjectStorage: { localDisk: "objects" },
          globalOutbound: "internet",
          cacheApiOutbound: "cache",
        },
      },
      { name: "assets", disk: { path: parts.page } },
      { name: DISK, external: { address: "127.0.0.1:0", http: {} } },
      { name: "objects", disk: { path: `${store}/do`, writable: true } },
      storageWorker("index", "D1DatabaseObject", parts.index_script, [
        { name: "NAME", text: worker.index },
        { name: INDEX_KEY, fromEnvironment: INDEX_KEY },
      ]),
      { name: "index-files", disk: { path: `${store}/d1`, writable: true } },
      storageWorker("cache", "CacheObject", parts.cache_script, []),
      { name: "cache-files", disk: { path: `${store}/cache`, writable: true } },
      {
        name: "internet",
        network: {
          allow: ["public", "private"],
          tlsOptions: { trustBrowserCas: true, trustedCertificates: certificates },
        },
      },
      ...(control_script === undefined ? [] : [controlWorker(control_script, objects)]),
    ],
  };
  return `using Workerd = import "/workerd/workerd.capnp";\nconst config :Workerd.Config = ${literal(config)};\n`;
}

/** A socket. Its address is given when the engine starts. */
function listener(
  name: string,
  service: { name: string; entrypoint?: string },
  protocol: object = { http: {} },
) {
  return { name, address: "127.0.0.1:0", ...protocol, service };
}

function https(options: object, { cert, key }: { cert: string; key: string }) {
  const keypair = { privateKey: new Embedded(key), certificateChain: new Embedded(cert) };
  return { options, tlsOptions: { keypair } };
}

/** A Worker with one class of objects, as D1 and the cache are made. */
function storageWorker(name: string, className: string, script: string, bindings: readonly object[]) {
  return {
    name,
    worker: {
      ...scriptOf(script),
      compatibilityDate: "2023-07-24",
      compatibilityFlags: ["nodejs_compat", "experimental"],
      bindings: [
        { name: "OBJECTS", durableObjectNamespace: { className } },
        { name: "MINIFLARE_BLOBS", service: `${name}-files` },
        ...bindings,
      ],
      durableObjectNamespaces: [{ className, uniqueKey: `miniflare-${className}` }],
      durableObjectStorage: { localDisk: `${name}-files` },
    },
  };
}

function controlWorker(script: string, objects: readonly object[]) {
  return {
    name: "control",
    worker: {
      ...scriptOf(script),
      compatibilityDate: "2026-07-08",
      compatibilityFlags: ["unsafe_module"],
      bindings: objects,
    },
  };
}

function scriptOf(file: string) {
  return { modules: [{ name: file, esModule: new Embedded(file) }] };
}

/** A file whose text takes the place of a value. */
class Embedded {
  readonly file: string;
  constructor(file: string) {
    this.file = file;
  }
}

/** A value as a literal of Cap'n Proto's text form. */
export function literal(value: unknown): string {
  if (value instanceof Embedded) return `embed ${text(value.file)}`;
  if (Array.isArray(value)) return `[${value.map(literal).join(",\n")}]`;
  if (typeof value === "object" && value !== null)
    return `(${Object.entries(value)
      .map(([name, field]) => `${name} = ${literal(field)}`)
      .join(", ")})`;
  return typeof value === "string" ? text(value) : String(value);
}

/** Cap'n Proto has JSON's escapes but `\u`. */
function text(value: string): string {
  return JSON.stringify(value).replace(/\\u00([0-9a-f]{2})/g, "\\x$1");
}
