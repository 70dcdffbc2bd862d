import { sign } from "hono/jwt";
import { TailraceError } from "../../../../protocol/base/errors.ts";
import { readOffer } from "../../../../protocol/wire/subprotocol.ts";
import { isAssertion, readAssertion } from "../../../../src/auth/sso.ts";
import { readLease, signLease } from "../../../../src/crypto/lease.ts";
import { seal, unseal } from "../../../../src/crypto/seal.ts";
import { sourceOf } from "../../../../src/http/address.ts";
import { must, type Target } from "../../target.ts";

const ID = "6742f0c0012c0123456789ab";
const CLAIMS = { execution_id: ID, epoch: 1, agent_id: ID, pool: "default" };
const NAME = "system a";
const ISSUER = "https://issuer.example";

const KEYS = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
  "sign",
  "verify",
]);
const PUBLIC = await jwkOf("publicKey");
const PRIVATE = await jwkOf("privateKey");

/** One of the issuer's keys in its published form. */
async function jwkOf(name: "publicKey" | "privateKey") {
  if (!("publicKey" in KEYS)) throw new Error("a pair of keys was to be made");
  const jwk = await crypto.subtle.exportKey("jwk", KEYS[name]);
  if (!("kty" in jwk)) throw new Error("a key was to be exported as JSON");
  return { ...jwk, kid: "one", alg: "ES256" };
}

/** The Worker's settings that this code reads. */
const SETTINGS = {
  ...{
    TAILRACE_SECRET: "a secret",
    SSO_ISSUER: ISSUER,
    SSO_AUDIENCE: "us",
    SSO_ROLES: '{"group:ops":["admin"],"*":["observer"]}',
  },
  SSO_JWKS_URL: `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [PUBLIC] }))}`,
};
const ENV = SETTINGS as unknown as Env;
const EXPIRES = Math.floor(Date.now() / 1000) + 365 * 86_400;
const PERSON = { email: "A@b.example", groups: ["ops", { name: "x" }], exp: EXPIRES, iss: ISSUER, aud: "us" };

/** A request's credentials: tokens, single sign-on assertions, offers, and sealed values. */
export const target: Target = {
  covers: [
    "crypto/lease.ts",
    "crypto/jwt.ts",
    "auth/issuer-keys.ts",
    "auth/sso-roles.ts",
    "auth/sso.ts",
    "crypto/seal.ts",
    "http/address.ts",
    "protocol/wire/subprotocol.ts",
  ],
  chars_max: 4_096,
  words: [
    "Bearer ",
    "eyJhbGciOiJub25lIn0",
    "eyJhbGciOiJIUzI1NiJ9",
    ".",
    "..",
    "sealed:",
    "sealed:AQ==",
    "tailrace.credential.",
    "::ffff:1.2.3.4",
    "=",
    "-_",
  ],
  seeds: [
    `Bearer ${await signLease(CLAIMS, SETTINGS.TAILRACE_SECRET)}`,
    await sign({ ...PERSON }, PRIVATE, "ES256"),
    await sign(
      { kind: "link", id: "a", execution_id: ID, sub: "u", exp: EXPIRES },
      SETTINGS.TAILRACE_SECRET,
      "HS256",
    ),
    seal(ENV, NAME, "a value"),
    "tailrace.output, tailrace.credential.dHI",
    "2001:db8::1",
  ],
  run: async (input) => {
    const claims = await attempted(readLease(input, ID, [SETTINGS.TAILRACE_SECRET]));
    must(claims === undefined || claims.execution_id === ID, "a lease is for its execution");
    if (isAssertion(input)) {
      const person = await attempted(readAssertion(ENV, input));
      must(person === undefined || person.user === "a@b.example", "only what the issuer has signed is taken");
    }
    const value = opened(input);
    must(value === undefined || value === "a value", "only what was sealed is opened");
    readOffer(input);
    must(sourceOf(input.replaceAll(/[^\da-f:.]/gi, "").slice(0, 45)).length <= 64, "a place is short");
  },
};

function opened(sealed: string): string | undefined {
  try {
    return unseal(ENV, NAME, sealed);
  } catch (error) {
    if (error instanceof TailraceError && error.code === "not_configured") return undefined;
    throw error;
  }
}

async function attempted<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof TailraceError && error.code === "unauthorized") return undefined;
    throw error;
  }
}
