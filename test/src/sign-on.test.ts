import { sign } from "hono/jwt";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { asAdmin, askWith, json, type Settings } from "./support/identity.ts";

const ISSUER = "https://team.cloudflareaccess.com";
const AUDIENCE = "the audience tag of this application";

/** Each test's issuer has its own address for keys, as the Worker caches them. */
let issuers = 0;

/** An issuer of assertions: a key pair, and a replacement for the network that serves the public key. */
async function startIssuer() {
  const algorithm = {
    name: "RSASSA-PKCS1-v1_5",
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: "SHA-256",
  };
  const newPair = async (kid: string) => {
    const pair = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
    if (!("privateKey" in pair)) throw new Error("no pair");
    const { privateKey, publicKey } = pair;
    const jwk = (key: CryptoKey) => crypto.subtle.exportKey("jwk", key);
    return {
      secret: { ...(await jwk(privateKey)), kid, alg: "RS256" },
      shown: { ...(await jwk(publicKey)), kid, alg: "RS256", use: "sig" },
    };
  };
  const url = `${ISSUER}/${++issuers}/cdn-cgi/access/certs`;
  const issuer = { pairs: [await newPair("first")], asked: 0, answers: true };
  const edge = globalThis.fetch;
  vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
    const request = new Request(input, init);
    if (request.url !== url) return edge(input, init);
    issuer.asked++;
    if (!issuer.answers) return new Response("away", { status: 503 });
    return Response.json({ keys: issuer.pairs.map(({ shown }) => shown) });
  });
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: ISSUER, aud: [AUDIENCE], sub: "7335", iat: now, nbf: now, exp: now + 600 };
  return {
    issuer,
    newPair,
    assert: (over: Record<string, unknown> = {}, pair = issuer.pairs.at(-1)) =>
      sign({ ...claims, ...over }, (pair?.secret ?? {}) as Parameters<typeof sign>[1], "RS256"),
    settings: {
      SSO_ISSUER: ISSUER,
      SSO_AUDIENCE: AUDIENCE,
      SSO_JWKS_URL: url,
      SSO_ROLES: JSON.stringify({ "ann@example.com": "admin", operators: ["observer"] }),
      RBAC_ENABLED: true,
    } satisfies Settings,
  };
}

type Issuer = Awaited<ReturnType<typeof startIssuer>>;

async function user({ settings }: Issuer, assertion: string, over: Settings = {}) {
  return askWith({ ...settings, ...over })("/api/v1/user", {
    headers: { "cf-access-jwt-assertion": assertion },
  });
}

let issuer: Issuer;
beforeAll(() => vi.useRealTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("single sign-on", () => {
  it("accepts the issuer's users, with the roles of their address and their groups", async () => {
    issuer = await startIssuer();
    const ann = await issuer.assert({ email: "Ann@example.com" });
    expect(await json(await user(issuer, ann))).toEqual({
      username: "ann@example.com",
      authentication: {
        method: "single sign-on",
        location: "header",
        token_expire: expect.stringMatching(/Z$/),
      },
      rbac: { enabled: true, roles: ["admin"], is_admin: true, permission_grants: [] },
    });
    const bob = await issuer.assert({ email: "bob@example.com", groups: ["operators", "others"] });
    expect(await json(await user(issuer, bob))).toMatchObject({
      username: "bob@example.com",
      rbac: { roles: ["observer"], is_admin: false },
    });
    const robot = await issuer.assert({ sub: "", common_name: "admin" });
    expect(await json(await user(issuer, robot))).toMatchObject({
      username: "sso:admin",
      rbac: { roles: [], is_admin: false },
    });
    const bearer = await askWith(issuer.settings)("/api/v1/executions", {
      headers: { authorization: `Bearer ${bob}` },
    });
    expect(bearer.status).toBe(200);
    const closed = await askWith(issuer.settings)("/api/v1/executions", {
      headers: { authorization: `Bearer ${robot}` },
    });
    expect(closed.status).toBe(403);
  });

  const SETTING = {
    "user:ann@example.com": "admin",
    "ann@plain.example": "admin",
    "group:operators": "observer",
    plain: "observer",
    "group:mail@example.com": "observer",
    "user:robot": "observer",
    "*": [],
  };
  it.each([
    [{ email: "ann@example.com" }, ["admin"]],
    [{ email: "ann@plain.example" }, ["admin"]],
    [{ email: "x@y.z", groups: ["operators"] }, ["observer"]],
    [{ email: "x@y.z", groups: ["plain"] }, ["observer"]],
    [{ email: "x@y.z", groups: ["mail@example.com"] }, ["observer"]],
    [{ common_name: "robot" }, ["observer"]],
    // A group with a user's name, and a user with a group's name.
    [{ email: "x@y.z", groups: ["ann@example.com", "ann@plain.example", "robot"] }, []],
    [{ email: "x@y.z", groups: ["user:ann@example.com", "user:robot", "*"] }, []],
    [{ email: "operators" }, []],
    [{ common_name: "operators" }, []],
    [{ email: "mail@example.com" }, []],
    [{ common_name: "group:operators" }, []],
    [{ common_name: "user:ann@example.com" }, []],
    [{ common_name: "constructor" }, []],
  ])("tells users from groups: %j has the roles %j", async (claims, roles) => {
    issuer = await startIssuer();
    const over = { SSO_ROLES: JSON.stringify(SETTING) };
    const response = await user(issuer, await issuer.assert(claims), over);
    expect(await json(response)).toMatchObject({ rbac: { roles } });
  });

  it("refuses a user whose name is in the setting without its kind, and says what to write", async () => {
    issuer = await startIssuer();
    const over = { SSO_ROLES: JSON.stringify(SETTING) };
    for (const claims of [{ common_name: "plain" }, { email: "Plain" }]) {
      expect(await json(await user(issuer, await issuer.assert(claims), over), 401)).toMatchObject({
        faultstring: expect.stringContaining('SSO_ROLES must say "user:plain" or "group:plain"'),
      });
    }
  });

  it("does not take a name that is no address for a local user", async () => {
    issuer = await startIssuer();
    const ask = askWith(issuer.settings);
    const body = { user: "dora", role: "observer" };
    await json(await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body }), 201);
    const dora = await issuer.assert({ email: "dora" });
    expect(await json(await user(issuer, dora))).toMatchObject({ username: "sso:dora", rbac: { roles: [] } });
  });

  it("adds the roles that are assigned here", async () => {
    issuer = await startIssuer();
    const ask = askWith(issuer.settings);
    const body = { user: "cid@example.com", role: "observer" };
    await json(await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body }), 201);
    const cid = await issuer.assert({ email: "cid@example.com" });
    expect(await json(await user(issuer, cid))).toMatchObject({ rbac: { roles: ["observer"] } });
  });

  it("refuses an assertion of another issuer, for another audience, at another time, or without a user", async () => {
    issuer = await startIssuer();
    const stranger = await issuer.newPair("first");
    const unknown = await issuer.newPair("unknown");
    const email = { email: "ann@example.com" };
    const past = Math.floor(Date.now() / 1000) - 10;
    const refused = [
      await issuer.assert(email, stranger),
      await issuer.assert(email, unknown),
      await issuer.assert({ ...email, iss: "https://other.cloudflareaccess.com" }),
      await issuer.assert({ ...email, aud: ["another application"] }),
      await issuer.assert({ ...email, exp: past }),
      await issuer.assert({ ...email, nbf: past + 600 }),
      await issuer.assert({ sub: "" }),
      await sign({ iss: ISSUER, aud: AUDIENCE, exp: past + 600, ...email }, "a shared secret", "HS256"),
      "a.b.c",
    ];
    for (const assertion of refused) expect((await user(issuer, assertion)).status).toBe(401);
    const unset = await user(issuer, await issuer.assert(email), { SSO_ISSUER: "" });
    expect(await json(unset, 401)).toMatchObject({
      faultstring: "Unauthorized - One of Token or API key required.",
    });
  });

  it("reads the issuer's keys once, again for a new key, and not for each unknown key", async () => {
    issuer = await startIssuer();
    for (const email of ["a@b.c", "b@b.c", "c@b.c"])
      expect((await user(issuer, await issuer.assert({ email }))).status).toBe(200);
    expect(issuer.issuer.asked).toBe(1);
    const next = await issuer.newPair("second");
    for (let asked = 0; asked < 5; asked++)
      await user(issuer, await issuer.assert({ email: `${asked}@b.c` }, next));
    expect(issuer.issuer.asked).toBe(1);
    issuer.issuer.pairs.push(next);
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 11_000 });
    expect((await user(issuer, await issuer.assert({ email: "d@b.c" }))).status).toBe(200);
    expect(issuer.issuer.asked).toBe(2);
  });

  it("uses its known keys for a while when the issuer is away, and says so when it has none", async () => {
    const quiet = vi.spyOn(console, "error").mockReturnValue(undefined);
    issuer = await startIssuer();
    issuer.issuer.answers = false;
    const away = await user(issuer, await issuer.assert({ email: "a@b.c" }));
    expect(away.status).toBe(503);
    expect(away.headers.get("retry-after")).toBe("1");
    issuer = await startIssuer();
    expect((await user(issuer, await issuer.assert({ email: "a@b.c" }))).status).toBe(200);
    issuer.issuer.answers = false;
    const later_ms = Date.now() + 11 * 60_000;
    vi.useFakeTimers({ toFake: ["Date"], now: later_ms });
    const exp = Math.floor(later_ms / 1000) + 600;
    expect((await user(issuer, await issuer.assert({ email: "b@b.c", exp }))).status).toBe(200);
    expect(quiet).toHaveBeenCalled();
  });
});
