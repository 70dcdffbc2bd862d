import { scrypt, timingSafeEqual } from "node:crypto";

/** The cost of a hash: 16 MiB, of the 128 MiB of an isolate, and a fifth of a second. See docs/decisions/0007-identity.md. */
interface Cost {
  log_n: number;
  r: number;
  p: number;
}
const COST: Cost = { log_n: 14, r: 8, p: 5 };

const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** A password as it is stored: `scrypt$log_n$r$p$salt$hash`. Each is checked at the cost it was made with. */
export async function hashPassword(password: string): Promise<string> {
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  const hash = await derive(password, salt, COST);
  const { log_n, r, p } = COST;
  return [
    "scrypt",
    log_n,
    r,
    p,
    Buffer.from(salt).toString("base64"),
    Buffer.from(hash).toString("base64"),
  ].join("$");
}

/** Whether a password matches the stored hash. Without a stored hash the check takes as long, and fails. */
export async function checkPassword(password: string, kept: string | undefined): Promise<boolean> {
  const [, log_n, r, p, salt = "", hash = ""] = (kept ?? UNKNOWN_USERS_HASH).split("$");
  const cost = { log_n: Number(log_n), r: Number(r), p: Number(p) };
  const derived = await derive(password, Buffer.from(salt, "base64"), cost);
  const same = timingSafeEqual(derived, Buffer.from(hash, "base64"));
  return same && kept !== undefined;
}

/** The hash that an unknown user's password is compared with, at the same cost. */
const UNKNOWN_USERS_HASH = [
  "scrypt",
  COST.log_n,
  COST.r,
  COST.p,
  Buffer.alloc(SALT_BYTES).toString("base64"),
  Buffer.alloc(HASH_BYTES).toString("base64"),
].join("$");

/** Characters that look the same may be typed as different code points. */
function derive(password: string, salt: Uint8Array, { log_n, r, p }: Cost): Promise<Uint8Array> {
  const N = 2 ** log_n;
  const options = { N, r, p, maxmem: 2 * 128 * N * r };
  return new Promise((resolve, reject) => {
    scrypt(password.normalize("NFKC"), salt, HASH_BYTES, options, (error, hash) =>
      error ? reject(error) : resolve(hash),
    );
  });
}
