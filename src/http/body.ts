import type { Context } from "hono";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { BODY_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { isStructure, nearestBut } from "../../protocol/base/numbers.ts";
import { issueText } from "../../protocol/wire/batch.ts";
import { clientAddress, sourceOf } from "./address.ts";
import { Arrivals } from "./arrivals.ts";
import type { AppEnv } from "./context.ts";

/** A request's body as text. Throws if it is too large, arrives too slowly, or is not UTF-8. */
export async function readText(c: Context<AppEnv>, bytes_max: number): Promise<string> {
  return (await readSized(c, bytes_max)).text;
}

/** A request's body as text, with its length in bytes. Throws as `readText` does. */
export async function readSized(
  c: Context<AppEnv>,
  bytes_max: number,
): Promise<{ text: string; size: number }> {
  if (Number(c.req.header("content-length") ?? 0) > bytes_max) throw tooLarge(bytes_max);
  const bytes = await readBytes(c, bytes_max);
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { text, size: bytes.byteLength };
  } catch {
    throw new TailraceError("invalid", "The body is not UTF-8.");
  }
}

/**
 * A request's JSON body, checked against a schema. An empty body counts as `{}`. Numbers under `exact_keys` are a user's
 * values and keep their digits.
 */
export async function readJson<const S extends v.GenericSchema>(
  c: Context<AppEnv>,
  schema: S,
  bytes_max: number,
  exact_keys: readonly string[] = [],
): Promise<v.InferOutput<S>> {
  const text = await readText(c, bytes_max);
  let value: unknown;
  try {
    value = text === "" ? {} : parseJson(text, { depth_max: BODY_DEPTH_MAX, exact: exact_keys.length > 0 });
  } catch (error) {
    if (error instanceof TailraceError) throw error;
    throw new TailraceError("invalid", "The body is not JSON.");
  }
  return check(schema, isStructure(value) ? nearestBut(value, structuresOf(value, exact_keys)) : value);
}

/** Those of the keys whose value is a list or an object. The schema refuses a number in its place. */
function structuresOf(value: object, keys: readonly string[]): string[] {
  return Object.entries(value).flatMap(([key, item]) =>
    keys.includes(key) && isStructure(item) ? [key] : [],
  );
}

/** A value parsed by its schema, or `invalid` with the place that does not fit. */
export function check<const S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new TailraceError("invalid", issueText(parsed.issues[0]));
  return parsed.output;
}

async function readBytes(c: Context<AppEnv>, bytes_max: number): Promise<ArrayBuffer | Uint8Array> {
  const wait_ms = c.env.BODY_WAIT_SECONDS * 1000;
  const arrived = demandRoom(c, wait_ms);
  const overdue = deadline(wait_ms);
  try {
    // A body cannot be longer than its declared length.
    if (c.req.header("content-length")) return await Promise.race([c.req.raw.arrayBuffer(), overdue.reached]);
    return await Promise.race([readStream(c.req.raw.body, bytes_max), overdue.reached]);
  } finally {
    overdue.clear();
    arrived();
  }
}

/**
 * Keeps one credential from filling the isolate with requests whose bodies never arrive. The deployment's first key has no
 * limit.
 */
function demandRoom(c: Context<AppEnv>, wait_ms: number): () => void {
  const owner = ownerOf(c);
  if (owner === null) return () => undefined;
  const max = c.env.BODIES_PER_KEY_MAX;
  const now_ms = Date.now();
  const arrived = arrivals.begin(owner, max, now_ms + wait_ms, now_ms);
  if (arrived) return arrived;
  throw new TailraceError("too_many", `${max} requests of this key, lease or address are still arriving.`);
}

/** The owner of an arriving body: a credential, a lease, or for a sign-in the client's address, if it is known. */
function ownerOf(c: Context<AppEnv>): string | null {
  const principal = c.get("principal");
  if (principal !== undefined) return principal.credential;
  const leased = c.req.param("id");
  if (leased !== undefined) return `execution ${leased}`;
  const source = sourceOf(clientAddress(c));
  return source === "" ? null : `address ${source}`;
}

const arrivals = new Arrivals();

async function readStream(body: ReadableStream<Uint8Array> | null, bytes_max: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body ?? []) {
    size += part.length;
    if (size > bytes_max) throw tooLarge(bytes_max);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

function deadline(ms: number): { reached: Promise<never>; clear: () => void } {
  let timer: ReturnType<typeof setTimeout>;
  const reached = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TailraceError("body_timeout")), ms);
  });
  return { reached, clear: () => clearTimeout(timer) };
}

function tooLarge(bytes_max: number): TailraceError {
  return new TailraceError("too_large", `The body has more than ${bytes_max} bytes.`);
}
