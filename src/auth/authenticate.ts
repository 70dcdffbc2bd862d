import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { TailraceError } from "../../protocol/base/errors.ts";
import { CREDENTIAL_CHARS_MAX } from "../../protocol/base/limits.ts";
import { RUN_TOKEN_PREFIX, TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import { AGENT_SECRET_PREFIX } from "../../protocol/wire/agent-state.ts";
import { readOffer } from "../../protocol/wire/subprotocol.ts";
import { hashSecret } from "../crypto/secret.ts";
import { auditSignOn } from "../http/audited.ts";
import type { AppEnv } from "../http/context.ts";
import { AUTH_COOKIE } from "../http/cookie.ts";
import type { Carrier, CredentialPrincipal, Principal } from "../rights/principal.ts";
import { readLink } from "./link.ts";
import { readAgentOf, readKey, readSignedOn, readTokenOf } from "./lookup.ts";
import { readRun } from "./run-token.ts";
import { isAssertion } from "./sso.ts";

/** The credential of a request. */
interface Credential {
  kind: "token" | "key" | "assertion" | "link";
  text: string;
  carrier: Carrier;
}

/**
 * Principals that were read recently. A change in the index takes effect after this time at the latest, so it is below a
 * second.
 */
const known = new Map<string, CredentialPrincipal>();
const KNOWN_MS_MAX = 900;
const KNOWN_MAX = 1_000;

/** Forgets the cached principals, so that a change counts immediately in this isolate. */
export function forgetPrincipals(): void {
  known.clear();
}

/** The principal of a request, or `unauthorized`. The first credential found counts, in StackStorm's order. */
export async function authenticate(c: Context<AppEnv>): Promise<Principal> {
  const credential = credentialOf(c);
  if (!credential)
    throw new TailraceError("unauthorized", "Unauthorized - One of Token or API key required.");
  if (credential.text.length > CREDENTIAL_CHARS_MAX) throw new TailraceError("unauthorized");
  const principal = await lookUp(c, credential);
  if (principal.expires_ms !== null && principal.expires_ms <= Date.now()) {
    throw new TailraceError("unauthorized", "Unauthorized - Token has expired.");
  }
  return { ...principal, carrier: credential.carrier };
}

/** The token of a request, for its cookie, and the part of the request that carried it. */
export function tokenOf(c: Context<AppEnv>): { text: string; carrier: Carrier } | undefined {
  const credential = credentialOf(c);
  return credential?.kind === "token" ? credential : undefined;
}

function credentialOf(c: Context<AppEnv>): Credential | undefined {
  const bearer = c.req.header("authorization")?.match(/^Bearer (\S+)$/i)?.[1];
  const offered = readOffer(c.req.header("sec-websocket-protocol")).credential;
  const given: [Credential["kind"], Carrier, string | undefined][] = [
    ["token", "header", c.req.header("x-auth-token")],
    ["key", "header", c.req.header("st2-api-key")],
    [kindOf(bearer), "header", bearer],
    [kindOf(offered), "subprotocol", offered],
    ["token", "query", c.req.query("x-auth-token")],
    ["key", "query", c.req.query("st2-api-key")],
    ["link", "query", c.req.query("link")],
    ["assertion", "proxy", c.env.SSO_ISSUER ? c.req.header("cf-access-jwt-assertion") : undefined],
    ["token", "cookie", getCookie(c, AUTH_COOKIE)],
  ];
  for (const [kind, carrier, text] of given) if (text) return { kind, carrier, text };
  return undefined;
}

/** A credential without a stated kind may be of any of the three; its text shows which. */
function kindOf(text = ""): Credential["kind"] {
  if (text.startsWith(TOKEN_PREFIX)) return "token";
  return isAssertion(text) ? "assertion" : "key";
}

async function lookUp(c: Context<AppEnv>, { kind, text }: Credential): Promise<CredentialPrincipal> {
  // A link and a token with the same text are different credentials.
  const name = `${kind} ${await hashSecret(text)}`;
  const entry = known.get(name);
  // An entry from the future was read before the clock was set back. Its age is unknown.
  const age_ms = entry ? Date.now() - entry.read_ms : KNOWN_MS_MAX;
  if (entry && age_ms >= 0 && age_ms < KNOWN_MS_MAX) return entry;
  const principal = await readPrincipal(c.env, kind, text);
  if (kind === "assertion") await auditSignOn(c, principal);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(name, principal);
  return principal;
}

function readPrincipal(env: Env, kind: Credential["kind"], text: string): Promise<CredentialPrincipal> {
  switch (kind) {
    case "token":
      return text.startsWith(RUN_TOKEN_PREFIX) ? readRun(env, text) : readTokenOf(env, text);
    case "key":
      return text.startsWith(AGENT_SECRET_PREFIX) ? readAgentOf(env, text) : readKey(env, text);
    case "assertion":
      return readSignedOn(env, text);
    case "link":
      return readLink(env, text);
  }
}
