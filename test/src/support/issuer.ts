import { sign } from "hono/jwt";
import { vi } from "vitest";
import { newId } from "../../../protocol/base/id.ts";
import type { Settings } from "./identity.ts";

const ISSUER = "https://team.cloudflareaccess.com";
const AUDIENCE = "the audience tag of this application";

/** An issuer of assertions, whose public key replaces the network: the assertion of a person, and the settings that trust it. */
export async function signOn(email: string): Promise<{ assertion: string; settings: Settings }> {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
  const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new Error("no pair");
  const jwk = (key: CryptoKey) => crypto.subtle.exportKey("jwk", key);
  const shown = { ...(await jwk(pair.publicKey)), kid: "only", alg: "RS256", use: "sig" };
  // Each issuer has its own address for keys, as the Worker caches them.
  const url = `${ISSUER}/${newId()}/certs`;
  const edge = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    return request.url === url ? Response.json({ keys: [shown] }) : edge(input, init);
  });
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: [AUDIENCE], email, iat: now, nbf: now, exp: now + 600 };
  const secret = { ...(await jwk(pair.privateKey)), kid: "only", alg: "RS256" };
  return {
    assertion: await sign(claims, secret as Parameters<typeof sign>[1], "RS256"),
    settings: { SSO_ISSUER: ISSUER, SSO_AUDIENCE: AUDIENCE, SSO_JWKS_URL: url },
  };
}
