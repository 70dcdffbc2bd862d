import type { IncomingMessage } from "node:http";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { type KeyScope, keyScope, SetKey } from "../../protocol/model/key.ts";
import { SECRET_BYTES_MIN } from "../../protocol/model/mask.ts";
import { readBody } from "./body.ts";
import type { KeyTable } from "./keys.ts";

/** What an action may ask of its agent while it runs. */
export interface JobOptions {
  /** The user for whom the action runs. */
  user: string;
  keys: KeyTable;
  /** Masks values from now on; tells how many are too short to be masked. */
  registerSecrets: (values: string[]) => { registered: number; too_short: number };
}

/** What the socket answers. */
export interface JobAnswer {
  status: 200 | 204;
  body?: unknown;
}

const MASK = "********";

const Secrets = v.strictObject({ values: v.array(v.string()) });

/** Answers one request of an action; a failure is thrown. */
export function answerJob(request: IncomingMessage, options: JobOptions): Promise<JobAnswer> {
  const { kind, name, query } = addressOf(request);
  const methods = own(name === undefined ? OF_ALL : OF_ONE, kind) ?? {};
  const answer = own(methods, request.method ?? "");
  if (answer) return answer({ request, name: name ?? "", query, options });
  const known = Object.keys(methods);
  if (known.length === 0) throw new TailraceError("not_found");
  throw new TailraceError("method_not_allowed", `The path takes ${known.join(", ")}.`);
}

/** What stands under a key, which a request names: an object has keys besides its own. */
function own<T>(table: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

interface Asked {
  request: IncomingMessage;
  /** The key's name, for a path that has one. */
  name: string;
  query: URLSearchParams;
  options: JobOptions;
}
type Methods = Record<string, (asked: Asked) => Promise<JobAnswer>>;

const OF_ALL: Record<string, Methods> = {
  user: { GET: async ({ options }) => ({ status: 200, body: { username: options.user } }) },
  secrets: { POST: registerSecrets },
  keys: {
    GET: async ({ query, options }) => ({
      status: 200,
      body: await options.keys.list(scopeOf(query), query.get("prefix") ?? ""),
    }),
  },
};

const OF_ONE: Record<string, Methods> = { keys: { GET: getKey, PUT: setKey, DELETE: deleteKey } };

async function registerSecrets({ request, options }: Asked): Promise<JobAnswer> {
  const told = options.registerSecrets((await readBody(request, Secrets)).values);
  if (told.too_short === 0) return { status: 200, body: told };
  throw new TailraceError(
    "invalid",
    `${told.too_short} of the values are too short to be masked, ${told.registered} are masked: a secret has at least ${SECRET_BYTES_MIN} bytes.`,
  );
}

async function getKey({ name, query, options }: Asked): Promise<JobAnswer> {
  const key = await options.keys.get(scopeOf(query), name);
  if (!key) throw noSuchKey(name);
  const isOpen = query.get("decrypt") === "true";
  if (key.secret && isOpen) options.registerSecrets([key.value]);
  return { status: 200, body: key.secret && !isOpen ? { ...key, value: MASK } : key };
}

async function setKey({ request, name, query, options }: Asked): Promise<JobAnswer> {
  const { value, ttl, secret, scope } = await readBody(request, SetKey);
  // Masked first: by the time that the key is set, the action may print it.
  if (secret) options.registerSecrets([value]);
  await options.keys.set(scopeOf(query, scope), name, { value, secret, ...(ttl ? { ttl } : {}) });
  return { status: 200, body: { name, value: secret ? MASK : value, secret } };
}

async function deleteKey({ name, query, options }: Asked): Promise<JobAnswer> {
  if (await options.keys.delete(scopeOf(query), name)) return { status: 204 };
  throw noSuchKey(name);
}

/** The scope that a request is about: `system`, unless it names the user's own. */
function scopeOf(query: URLSearchParams, named = query.get("scope")): KeyScope {
  const scope = keyScope(named ?? "system");
  if (scope) return scope;
  throw new TailraceError("invalid", "scope is system or user.");
}

function noSuchKey(name: string): TailraceError {
  return new TailraceError("key_not_found", `There is no key "${name}".`);
}

/** What a request is about: `/kind`, or `/kind/name` with the name encoded. */
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
    throw new TailraceError("invalid", "The path is not encoded as a URL's is.");
  }
}
