import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { type KeyScope, keyScope, SetKey } from "../../protocol/model/key.ts";
import { SECRET_BYTES_MIN } from "../../protocol/model/mask.ts";
import { readBody } from "./body.ts";
import type { KeyTable } from "./keys.ts";

/** What the requests of a running action use. */
export interface JobOptions {
  /** The user for whom the action runs. */
  user: string;
  keys: KeyTable;
  /** Masks values from now on. Returns how many are masked, and how many are too short for that. */
  registerSecrets: (values: string[]) => { registered: number; too_short: number };
}

/** The socket's answer. */
export interface JobAnswer {
  status: 200 | 204;
  body?: unknown;
}

const MASK = "********";

const Secrets = v.strictObject({ values: v.array(v.string()) });

/** Answers one request of an action. Throws failures. */
export function answerJob(request: IncomingMessage, options: JobOptions): Promise<JobAnswer> {
  const { kind, name, query } = addressOf(request);
  const methods = own(name === undefined ? COLLECTIONS : ITEMS, kind) ?? {};
  const answer = own(methods, request.method ?? "");
  if (answer) return answer({ request, name: name ?? "", query, options });
  const known = Object.keys(methods);
  if (known.length === 0) throw new TailraceError("not_found");
  throw new TailraceError("method_not_allowed", `The path takes ${known.join(", ")}.`);
}

/** A table's own entry. The key comes from a request, so it may be the name of an inherited property. */
function own<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

interface JobRequest {
  request: IncomingMessage;
  /** The key's name, for a path that has one. */
  name: string;
  query: URLSearchParams;
  options: JobOptions;
}
type Methods = Record<string, (request: JobRequest) => Promise<JobAnswer>>;

const COLLECTIONS: Record<string, Methods> = {
  user: { GET: async ({ options }) => ({ status: 200, body: { username: options.user } }) },
  secrets: { POST: registerSecrets },
  keys: {
    GET: async ({ query, options }) => ({
      status: 200,
      body: await options.keys.list(scopeOf(query), query.get("prefix") ?? ""),
    }),
  },
};

const ITEMS: Record<string, Methods> = { keys: { GET: getKey, PUT: setKey, DELETE: deleteKey } };

async function registerSecrets({ request, options }: JobRequest): Promise<JobAnswer> {
  const counts = options.registerSecrets((await readBody(request, Secrets)).values);
  if (counts.too_short === 0) return { status: 200, body: counts };
  throw new TailraceError(
    "invalid",
    `${counts.too_short} of the values are too short to be masked, ${counts.registered} are masked: a secret has at least ${SECRET_BYTES_MIN} bytes.`,
  );
}

async function getKey({ name, query, options }: JobRequest): Promise<JobAnswer> {
  const key = await options.keys.get(scopeOf(query), name);
  if (!key) throw noSuchKey(name);
  const isOpen = query.get("decrypt") === "true";
  if (key.secret && isOpen) options.registerSecrets([key.value]);
  return { status: 200, body: key.secret && !isOpen ? { ...key, value: MASK } : key };
}

async function setKey({ request, name, query, options }: JobRequest): Promise<JobAnswer> {
  const { value, ttl, secret, scope } = await readBody(request, SetKey);
  // Masked first: the action may print the value as soon as the key is set.
  if (secret) options.registerSecrets([value]);
  await options.keys.set(scopeOf(query, scope), name, { value, secret, ...(ttl ? { ttl } : {}) });
  return { status: 200, body: { name, value: secret ? MASK : value, secret } };
}

async function deleteKey({ name, query, options }: JobRequest): Promise<JobAnswer> {
  if (await options.keys.delete(scopeOf(query), name)) return { status: 204 };
  throw noSuchKey(name);
}

/** The scope of a request: `system`, unless it names `user`. */
function scopeOf(query: URLSearchParams, named = query.get("scope")): KeyScope {
  const scope = keyScope(named ?? "system");
  if (scope) return scope;
  throw new TailraceError("invalid", "scope is system or user.");
}

function noSuchKey(name: string): TailraceError {
  return new TailraceError("key_not_found", `There is no key "${name}".`);
}

/** The address of a request: `/kind`, or `/kind/name` with the name encoded. */
function addressOf({ url = "/" }: IncomingMessage): {
  kind: string;
  name: string | undefined;
  query: URLSearchParams;
} {
  const [path = "", query = ""] = url.split("?", 2);
  const [, kind = "", name, ...more] = path.split("/");
  if (more.length > 0) throw new TailraceError("not_found");
  try {
    return {
      kind,
      name: name ? decodeURIComponent(name) : undefined,
      query: new URLSearchParams(query),
    };
  } catch {
    throw new TailraceError("invalid", "The path is not a valid part of a URL: encode it with %XX.");
  }
}
