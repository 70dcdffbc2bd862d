import { createLocalJWKSet } from "jose";
import * as v from "valibot";
import { TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { parseJson } from "../../protocol/base/json.ts";

/** How long an issuer's keys are used without a new request, and how long they are used while the issuer does not answer. */
const JWKS_KEPT_MS = 10 * 60 * 1000;
const JWKS_STALE_MS_MAX = 60 * 60 * 1000;
/** The shortest time between two requests for the keys, and how long an answer may take. */
const JWKS_ASK_MS_MIN = 10_000;
const JWKS_WAIT_MS_MAX = 5_000;
/** Keys of one issuer, and issuers (one; more in tests). */
const KEYS_MAX = 50;
const ISSUERS_MAX = 10;

const Jwks = v.object({
  keys: v.pipe(v.array(v.looseObject({ kid: v.string(), kty: v.string() })), v.maxLength(KEYS_MAX)),
});

type KeySet = ReturnType<typeof createLocalJWKSet>;

interface IssuerKeys {
  set: KeySet;
  ids: ReadonlySet<string>;
  fetched_ms: number;
  asked_ms: number;
}

const NONE: IssuerKeys = { set: createLocalJWKSet({ keys: [] }), ids: new Set(), fetched_ms: 0, asked_ms: 0 };

const known = new Map<string, IssuerKeys>();

/**
 * The public keys that an issuer publishes at an address, fetched again if the key with this id is not among them.
 *
 * jose's `createRemoteJWKSet` is not used: it stops accepting keys when the issuer does not answer, and then asks the issuer
 * again with each request.
 */
export async function issuerKeys(url: string, kid: string): Promise<KeySet> {
  const now_ms = Date.now();
  const kept = known.get(url) ?? NONE;
  const is_fresh = now_ms - kept.fetched_ms < JWKS_KEPT_MS && kept.ids.has(kid);
  if (is_fresh || now_ms - kept.asked_ms < JWKS_ASK_MS_MIN) return kept.set;
  if (known.size >= ISSUERS_MAX) known.clear();
  known.set(url, { ...kept, asked_ms: now_ms });
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(JWKS_WAIT_MS_MAX) });
    const { keys } = v.parse(Jwks, parseJson(await response.text()));
    const set = createLocalJWKSet({ keys });
    const ids = new Set(keys.map((key) => key.kid));
    known.set(url, { set, ids, fetched_ms: now_ms, asked_ms: now_ms });
    return set;
  } catch (error) {
    console.error(`the keys of the single sign-on cannot be read from ${url}: ${failureText(error)}`);
    // Users can still sign in with keys that were valid a short time ago.
    if (now_ms - kept.fetched_ms < JWKS_STALE_MS_MAX) return kept.set;
    throw new TailraceError("unavailable", "The single sign-on's issuer does not answer now; try again.");
  }
}
