import type { Context } from "hono";
import { getCookie } from "hono/cookie";
import { TailraceError } from "../../protocol/base/errors.ts";
import { CREDENTIAL_CHARS_MAX } from "../../protocol/base/limits.ts";
import { TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import { AGENT_SECRET_PREFIX } from "../../protocol/wire/agent-state.ts";
import { readOffer } from "../../protocol/wire/subprotocol.ts";
import { hashSecret } from "../crypto/secret.ts";
import { auditSignOn } from "../http/audited.ts";
import type { AppEnv } from "../http/context.ts";
import { AUTH_COOKIE } from "../http/cookie.ts";
import type { Carrier, Known, Principal } from "../rights/principal.ts";
import { readAgentOf, readKey, readSignedOn, readTokenOf } from "./known.ts";
import { readLink } from "./link.ts";
import { isAssertion } from "./sso.ts";

/** What a request brings to prove who asks. */
interface Credential {
  kind: "token" | "key" | "assertion" | "link";
  text: string;
  carrier: Carrier;
}

/** Principals read lately. What has changed in the index is not known here for so long, so this is below a second. */
const known = new Map<string, Known>();
const KNOWN_MS_MAX = 900;
const KNOWN_MAX = 1_000;

/** Forgets who is known, so that a change counts at once where it was made. */
export function forgetPrincipals(): void {
  known.clear();
}

/** The principal of a request, or `unauthorized`. The first credential that is there counts, in StackStorm's order. */
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

/** The token that a request was let in by, for its cookie, and what brought it. */
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

/** What is not said to be the one or the other may be any of the three; each looks like what it is. */
function kindOf(text = ""): Credential["kind"] {
  if (text.startsWith(TOKEN_PREFIX)) return "token";
  return isAssertion(text) ? "assertion" : "key";
}

async function lookUp(c: Context<AppEnv>, { kind, text }: Credential): Promise<Known> {
  // A link and a token of the same text are not the same thing.
  const name = `${kind} ${await hashSecret(text)}`;
  const entry = known.get(name);
  // What was read in the future is of a clock that has been set back, and may be of any age.
  const age_ms = entry ? Date.now() - entry.read_ms : KNOWN_MS_MAX;
  if (entry && age_ms >= 0 && age_ms < KNOWN_MS_MAX) return entry;
  const principal = await readPrincipal(c.env, kind, text);
  if (kind === "assertion") await auditSignOn(c, principal);
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(name, principal);
  return principal;
}

function readPrincipal(env: Env, kind: Credential["kind"], text: string): Promise<Known> {
  switch (kind) {
    case "token":
      return readTokenOf(env, text);
    case "key":
      return text.startsWith(AGENT_SECRET_PREFIX) ? readAgentOf(env, text) : readKey(env, text);
    case "assertion":
      return readSignedOn(env, text);
    case "link":
      return readLink(env, text);
  }
}
