import { TailraceError } from "../../protocol/errors.ts";

/** Bytes of the random part of each sealed value. */
const NONCE_BYTES = 12;

/** Encrypts a secret value for storage, with a key made from the deployment's secret; its name is bound to it. */
export async function seal(env: Env, name: string, value: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const data = new TextEncoder().encode(value);
  const sealed = await crypto.subtle.encrypt(parameters(iv, name), await keyOf(env), data);
  return Buffer.concat([iv, new Uint8Array(sealed)]).toString("base64");
}

/** The value that was sealed. Throws `not_configured` where the deployment's secret is another by now. */
export async function unseal(env: Env, name: string, sealed: string): Promise<string> {
  const bytes = Buffer.from(sealed, "base64");
  const iv = bytes.subarray(0, NONCE_BYTES);
  try {
    const data = await crypto.subtle.decrypt(
      parameters(iv, name),
      await keyOf(env),
      bytes.subarray(NONCE_BYTES),
    );
    return new TextDecoder().decode(data);
  } catch {
    throw new TailraceError(
      "not_configured",
      `The key "${name}" was encrypted under another TAILRACE_SECRET.`,
    );
  }
}

function parameters(iv: Uint8Array, name: string): SubtleCryptoEncryptAlgorithm {
  return { name: "AES-GCM", iv, additionalData: new TextEncoder().encode(name) };
}

async function keyOf({ TAILRACE_SECRET }: Env): Promise<CryptoKey> {
  if (!TAILRACE_SECRET) throw new TailraceError("not_configured", "The secret TAILRACE_SECRET is not set.");
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey("raw", encoder.encode(TAILRACE_SECRET), "HKDF", false, [
    "deriveKey",
  ]);
  return crypto.subtle.deriveKey(
    {
      name: "HKDF",
      hash: "SHA-256",
      salt: new Uint8Array(),
      info: encoder.encode("tailrace key-value table"),
    },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt", "decrypt"],
  );
}
