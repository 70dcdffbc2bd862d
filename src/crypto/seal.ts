import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { TailraceError } from "../../protocol/base/errors.ts";
import { deploymentSecrets } from "./secret.ts";

/** The uses of sealed values. Each use has a key of its own, derived from the deployment's secret. */
type Use = "key-value table" | "execution";

/** A sealed value is this byte, the id of the key, the nonce, the ciphertext, and the tag. */
const FORM = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEAD_BYTES = 1 + KEY_ID_BYTES;

/** The prefix of a sealed text. A text in the first format is plain base64 and does not name its key. */
const TEXT_PREFIX = "sealed:";

/** Encrypts a value for storage. The value opens only under the same name. */
export function sealBytes(env: Env, use: Use, name: string, value: Uint8Array): Uint8Array {
  const [current] = keysOf(env, use);
  if (!current) throw new Error("there is always a current key");
  return Buffer.concat(
    [[FORM], current.id, encrypt(current.key, name, value)].map((part) => Buffer.from(part)),
  );
}

/** Decrypts a sealed value. Throws `not_configured` if its secret is no longer configured. */
export function unsealBytes(env: Env, use: Use, name: string, sealed: Uint8Array): Uint8Array {
  const id = Buffer.from(sealed.subarray(1, HEAD_BYTES));
  const found = keysOf(env, use).find((known) => id.equals(known.id));
  const value = found && decrypt(found.key, name, sealed.subarray(HEAD_BYTES));
  if (sealed[0] !== FORM || !value) throw lost(name);
  return value;
}

/** Encrypts a secret value of the key-value table. */
export function seal(env: Env, name: string, value: string): string {
  const sealed = sealBytes(env, KEYS, name, Buffer.from(value));
  return TEXT_PREFIX + Buffer.from(sealed).toString("base64");
}

/** Decrypts a secret value of the key-value table. Throws `not_configured` if its secret is no longer configured. */
export function unseal(env: Env, name: string, sealed: string): string {
  if (sealed.startsWith(TEXT_PREFIX)) {
    const bytes = Buffer.from(sealed.slice(TEXT_PREFIX.length), "base64");
    return Buffer.from(unsealBytes(env, KEYS, name, bytes)).toString();
  }
  for (const { key } of keysOf(env, KEYS)) {
    const value = decrypt(key, name, Buffer.from(sealed, "base64"));
    if (value) return Buffer.from(value).toString();
  }
  throw lost(name);
}

const KEYS: Use = "key-value table";

interface SealingKey {
  id: Uint8Array;
  key: Uint8Array;
}

/** The derived keys, by use and secret: deriving a key takes longer than using it. */
const made = new Map<string, SealingKey>();

/** The current key, then the previous one if it is configured. */
function keysOf(env: Env, use: Use): SealingKey[] {
  return deploymentSecrets(env).map((secret) => {
    const name = `${use} ${secret}`;
    const known = made.get(name);
    if (known) return known;
    const key = derive(secret, `tailrace ${use}`, KEY_BYTES);
    // The id is derived from the key: it tells uses apart and reveals nothing of the secret.
    const id = derive(key, "tailrace key id", KEY_ID_BYTES);
    made.set(name, { id, key });
    return { id, key };
  });
}

const KEY_BYTES = 32;

function derive(secret: string | Uint8Array, info: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync("sha256", secret, new Uint8Array(), info, bytes));
}

function encrypt(key: Uint8Array, name: string, value: Uint8Array): Uint8Array {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(name));
  return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
}

/** Undefined for another key, another name, and an incomplete value. */
function decrypt(key: Uint8Array, name: string, sealed: Uint8Array): Uint8Array | undefined {
  // The cipher would accept a shortened tag, which is easier to guess.
  if (sealed.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = sealed.subarray(0, NONCE_BYTES);
  try {
    const decipher = createDecipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(name));
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}

function lost(name: string): TailraceError {
  return new TailraceError(
    "not_configured",
    `"${name}" was encrypted under another TAILRACE_SECRET: set that one as TAILRACE_SECRET_PREVIOUS.`,
  );
}
