import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import { asAdmin, askWith, basic, json, keyOf } from "./support/identity.ts";

const ask = askWith();
const PASSWORD = "correct horse battery";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function makeUser(name: string, password = PASSWORD): Promise<void> {
  await json(await ask("/api/v1/users", { method: "POST", headers: asAdmin, body: { name, password } }), 201);
}

interface MadeToken {
  id: string;
  user: string;
  token: string;
  expiry: string;
  metadata: object;
}

async function signIn(name: string, body: unknown = {}, password = PASSWORD): Promise<MadeToken> {
  return json(await ask("/auth/v1/tokens", { method: "POST", headers: basic(name, password), body }), 201);
}

/** The identity that the server sees for a request. */
async function whoami(query: string, headers: Record<string, string> = {}) {
  const response = await ask(`/api/v1/user${query}`, { headers });
  const body = await response.json<{
    username?: string;
    faultstring?: string;
    authentication?: { method: string; location: string; token_expire?: string };
  }>();
  return { status: response.status, ...body };
}

describe("a token", () => {
  it("is made from a name and a password, in StackStorm's shape, on every path of its auth service", async () => {
    await makeUser("ann");
    for (const path of ["/auth/v1/tokens", "/auth/tokens", "/auth/v1/tokens/", "/v1/tokens", "/tokens"]) {
      const response = await ask(path, { method: "POST", headers: basic("ann", PASSWORD), body: {} });
      expect(response.headers.get("x-api-url")).toBe("http://tailrace.test/api/v1");
      const made = await json<MadeToken>(response, 201);
      expect(made).toEqual({
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        user: "ann",
        token: expect.any(String),
        expiry: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
        metadata: {},
      });
      const left_ms = Date.parse(made.expiry) - Date.now();
      expect(left_ms).toBeGreaterThan(86_390_000);
      expect(left_ms).toBeLessThanOrEqual(86_400_000);
    }
  });

  it("lives as long as requested, within the bound", async () => {
    await makeUser("bob");
    expect(Date.parse((await signIn("bob", { ttl: 60 })).expiry) - Date.now()).toBeLessThanOrEqual(60_000);
    const refusals: [unknown, string][] = [
      [86_401, "TTL specified 86401 is greater than max allowed 86400."],
      [0, "0 is less than the minimum of 1"],
      [-5, "-5 is less than the minimum of 1"],
    ];
    for (const [ttl, faultstring] of refusals) {
      const response = await ask("/auth/v1/tokens", {
        method: "POST",
        headers: basic("bob", PASSWORD),
        body: { ttl },
      });
      expect(await json(response, 400)).toMatchObject({ faultstring });
    }
  });

  it("is refused with the same words for a wrong or missing name or password", async () => {
    await makeUser("cid");
    const tries: Record<string, string>[] = [
      {},
      basic("cid", "wrong password"),
      basic("nobody", PASSWORD),
      { authorization: "Basic ???" },
      { authorization: "Bearer x" },
    ];
    for (const headers of tries) {
      const response = await ask("/auth/v1/tokens", { method: "POST", headers, body: {} });
      expect(await json(response, 401)).toMatchObject({ faultstring: "Invalid or missing credentials" });
    }
  });

  it("is made with the cost of the stored password hash, also after the configured cost has changed", async () => {
    await makeUser("deb");
    const row = await env.INDEX.prepare("SELECT password FROM users WHERE name = 'deb'").first<{
      password: string;
    }>();
    expect(row?.password).toMatch(/^scrypt\$14\$8\$5\$/);
    // The hash of "correct horse battery" at N = 2^10, r = 8, p = 1, by another implementation.
    const older = "scrypt$10$8$1$c2FsdHNhbHRzYWx0c2FsdA==$fXnS5Awj6eMC+z1SbPBpyxEKbW7GHGyuCeVjw7IJSMI=";
    await env.INDEX.prepare("UPDATE users SET password = ? WHERE name = 'deb'").bind(older).run();
    expect((await signIn("deb")).user).toBe("deb");
  });

  it("cannot be guessed: after ten tries from one address, the name has to wait", async () => {
    await makeUser("dan");
    const guess = (name: string) =>
      ask("/auth/v1/tokens", {
        method: "POST",
        headers: { ...basic(name, "guess"), "cf-connecting-ip": "192.0.2.7" },
        body: {},
      });
    const statuses: number[] = [];
    for (let tried = 0; tried < 10; tried++) statuses.push((await guess("dan")).status);
    expect(statuses).toEqual(Array(10).fill(401));
    // One more try passes for each six seconds that the test has taken.
    const refused = await vi.waitUntil(
      async () => {
        const guessed = await guess("dan");
        return guessed.status === 429 && guessed;
      },
      { timeout: 50_000, interval: 0 },
    );
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await guess("other")).status).toBe(401);
  }, 60_000);

  it("tells an authorized caller whether another token is valid", async () => {
    await makeUser("eve");
    const { token } = await signIn("eve");
    const validate = (body: unknown, headers: Record<string, string>) =>
      ask("/auth/v1/tokens/validate", { method: "POST", headers, body });
    expect(await json(await validate({ token }, { "x-auth-token": token }))).toEqual({ valid: true });
    expect(await json(await validate({ token: "other" }, asAdmin))).toEqual({ valid: false });
    expect((await validate({ token }, {})).status).toBe(401);
  });

  it("is refused as expired after its time, and an unknown one without a reason", async () => {
    await makeUser("fay");
    const { token } = await signIn("fay", { ttl: 5 });
    expect(await whoami("", { "x-auth-token": token })).toMatchObject({ status: 200, username: "fay" });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 6_000 });
    expect(await whoami("", { "x-auth-token": token })).toMatchObject({
      status: 401,
      faultstring: "Unauthorized - Token has expired.",
    });
    expect(await whoami("", { "x-auth-token": "trt_unknown" })).toMatchObject({
      status: 401,
      faultstring: "Unauthorized",
    });
  });

  it("is void after it is revoked, and the browser is told to forget it", async () => {
    await makeUser("gus");
    const { token } = await signIn("gus");
    const headers = { "x-auth-token": token };
    const out = await ask("/auth/v1/tokens", { method: "DELETE", headers });
    expect(out.status).toBe(204);
    expect(out.headers.get("set-cookie")).toMatch(/^auth-token=.*; Max-Age=0; /);
    expect((await whoami("", headers)).status).toBe(401);
    const by_key = await ask("/auth/v1/tokens", { method: "DELETE", headers: asAdmin });
    expect(by_key.status).toBe(400);
  });
});

describe("a request", () => {
  it("without a credential, or with a bad one, gets StackStorm's text", async () => {
    const { key, id, headers } = await keyOf(ask, "hal");
    const put = (enabled: boolean) =>
      ask(`/api/v1/apikeys/${id}`, { method: "PUT", headers: asAdmin, body: { enabled } });
    await json(await put(false));
    const hash = Buffer.from(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode("tr_unknown")),
    ).toString("hex");
    const rows: [string, Record<string, string>, string][] = [
      ["", {}, "Unauthorized - One of Token or API key required."],
      ["", { "x-auth-token": "unknown" }, "Unauthorized"],
      ["", { "st2-api-key": "tr_unknown" }, `Unauthorized - ApiKey with key_hash=${hash} not found.`],
      ["?st2-api-key=tr_unknown", {}, `Unauthorized - ApiKey with key_hash=${hash} not found.`],
      ["", headers, "Unauthorized - API key is disabled."],
      [`?st2-api-key=${key}`, {}, "Unauthorized - API key is disabled."],
    ];
    for (const [query, given, faultstring] of rows)
      expect(await whoami(query, given)).toMatchObject({ status: 401, faultstring });
    await json(await put(true));
    expect((await whoami("", headers)).status).toBe(200);
  });

  it("is authenticated by the first of its credentials, in StackStorm's order", async () => {
    await makeUser("ida");
    const { token } = await signIn("ida");
    const { key } = await keyOf(ask, "jim");
    const other = (await keyOf(ask, "kit")).key;
    const rows: [string, Record<string, string>, string, string, string][] = [
      ["", { "x-auth-token": token, "st2-api-key": key }, "ida", "authentication token", "header"],
      [`?x-auth-token=${token}`, { "st2-api-key": key }, "jim", "API key", "header"],
      ["", { authorization: `Bearer ${token}` }, "ida", "authentication token", "header"],
      ["", { authorization: `Bearer ${key}` }, "jim", "API key", "header"],
      [`?st2-api-key=${key}&x-auth-token=${token}`, {}, "ida", "authentication token", "query"],
      [`?st2-api-key=${key}`, { cookie: `auth-token=${token}` }, "jim", "API key", "query"],
      ["", { cookie: `a=b; auth-token=${token}` }, "ida", "authentication token", "cookie"],
      [`?st2-api-key=${other}`, { "x-auth-token": token }, "ida", "authentication token", "header"],
    ];
    for (const [query, headers, username, method, location] of rows) {
      const known = await whoami(query, headers);
      expect(known).toMatchObject({ status: 200, username, authentication: { method, location } });
      expect(typeof known.authentication?.token_expire).toBe(method === "API key" ? "undefined" : "string");
    }
  });

  it("with a token gets the cookie for an EventSource, and one with a key gets none", async () => {
    await makeUser("liz");
    const { token } = await signIn("liz", { ttl: 100 });
    const cookie = async (origin: string, settings = {}) =>
      (await askWith(settings)("/api/v1/user", { origin, headers: { "x-auth-token": token } })).headers.get(
        "set-cookie",
      );
    expect(await cookie("http://tailrace.test")).toMatch(
      new RegExp(`^auth-token=${token}; Max-Age=(99|100); Path=/; HttpOnly; SameSite=Lax$`),
    );
    expect(await cookie("https://tailrace.test")).toMatch(/; HttpOnly; Secure; SameSite=Lax$/);
    expect(await cookie("https://tailrace.test", { CORS_ORIGINS: "https://ui.test" })).toMatch(
      /; Secure; SameSite=None$/,
    );
    expect((await ask("/api/v1/user", { headers: asAdmin })).headers.get("set-cookie")).toBeNull();
  });

  it("with the cookie by a page of another origin is refused unless that origin is configured", async () => {
    await makeUser("max");
    const { token } = await signIn("max");
    const headers = { cookie: `auth-token=${token}`, origin: "https://elsewhere.test" };
    expect((await ask("/api/v1/executions", { method: "POST", headers, body: {} })).status).toBe(403);
    expect((await ask("/api/v1/user", { headers })).status).toBe(403);
    const open = askWith({ CORS_ORIGINS: "https://elsewhere.test" });
    expect((await open("/api/v1/user", { headers })).status).toBe(200);
    expect((await ask("/api/v1/user", { headers: { ...headers, "x-auth-token": token } })).status).toBe(200);
  });
});

describe("every answer", () => {
  it("has the id of its request, or a new one", async () => {
    for (const path of ["/healthz", "/api/v1/user", "/api/v1/nothing", "/api/v1/executions/last/output"]) {
      const own = await ask(path, { headers: { ...asAdmin, "x-request-id": "of-mine" } });
      expect(own.headers.get("x-request-id")).toBe("of-mine");
      await own.body?.cancel();
      const made = await ask(path, { headers: asAdmin });
      expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
      await made.body?.cancel();
    }
  });

  it("names the pages that may read it", async () => {
    const open = askWith({ CORS_ORIGINS: "https://ui.test, https://other.test/" });
    const allowed = async (asking: typeof ask, origin: string | undefined, method = "GET") => {
      const response = await asking("/api/v1/executions", {
        method,
        headers: { ...asAdmin, ...(origin ? { origin } : {}) },
      });
      expect(response.status).toBe(200);
      expect(response.headers.get("access-control-allow-methods")).toBe("GET,POST,PUT,DELETE,OPTIONS");
      expect(response.headers.get("access-control-allow-headers")).toBe(
        "Content-Type,Authorization,X-Auth-Token,St2-Api-Key,X-Request-ID,Tailrace-Protocol",
      );
      expect(response.headers.get("access-control-allow-credentials")).toBe("true");
      expect(response.headers.get("access-control-expose-headers")).toBe(
        "Content-Type,X-Limit,X-Total-Count,X-Request-ID",
      );
      return response.headers.get("access-control-allow-origin");
    };
    expect(await allowed(open, "https://ui.test")).toBe("https://ui.test");
    expect(await allowed(open, "https://other.test")).toBe("https://other.test");
    expect(await allowed(open, "https://evil.test")).toBe("https://ui.test");
    expect(await allowed(open, undefined)).toBe("https://ui.test");
    expect(await allowed(ask, "https://evil.test")).toBe("http://tailrace.test");
    expect(await allowed(open, "https://ui.test", "OPTIONS")).toBe("https://ui.test");
  });

  it("to a preflight needs no credential", async () => {
    expect((await ask("/api/v1/executions", { method: "OPTIONS" })).status).toBe(200);
    expect((await ask("/stream/v1/stream", { method: "OPTIONS" })).status).toBe(200);
  });

  it("to the API's root names the server", async () => {
    for (const path of ["/v1/", "/v1", "/api/v1/"]) {
      expect(await json(await ask(path))).toEqual({
        version: expect.any(String),
        docs_url: "http://tailrace.test/docs",
      });
    }
  });
});

describe("keys", () => {
  it("are shown once, listed without their secret, disabled and deleted", async () => {
    const { id, key, headers } = await keyOf(ask, "ned", { metadata: { used_by: "cron" } });
    const listed = await (await ask("/api/v1/apikeys?user=ned", { headers: asAdmin })).text();
    expect(JSON.parse(listed)).toEqual([
      {
        id,
        uid: `api_key:${id}`,
        key_hash: "********",
        user: "ned",
        role: "user",
        enabled: true,
        created_at: expect.any(String),
        metadata: { used_by: "cron" },
      },
    ]);
    expect(listed).not.toContain(key);
    const kept = await env.INDEX.prepare("SELECT * FROM api_keys").all();
    expect(JSON.stringify(kept.results)).not.toContain(key);
    const removed = await ask(`/api/v1/apikeys/${id}`, { method: "DELETE", headers: asAdmin });
    expect(removed.status).toBe(204);
    expect((await whoami("", headers)).status).toBe(401);
    expect((await ask(`/api/v1/apikeys/${id}`, { headers: asAdmin })).status).toBe(404);
  });

  it("are limited to a rate of requests, and then get 429 with the time to wait", async () => {
    const slow = askWith({ REQUESTS_PER_SECOND_MAX: 2 });
    const { headers } = await keyOf(ask, "ola");
    const statuses: number[] = [];
    for (let asked = 0; asked < 12; asked++) statuses.push((await slow("/api/v1/user", { headers })).status);
    expect(statuses.slice(0, 10)).toEqual(Array(10).fill(200));
    const refused = await slow("/api/v1/user", { headers });
    expect(refused.status).toBe(429);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(await refused.json()).toMatchObject({ code: "too_many" });
    const first = await Promise.all(
      Array.from({ length: 20 }, () => slow("/api/v1/user", { headers: asAdmin })),
    );
    expect(first.every(({ status }) => status === 200)).toBe(true);
  });
});

describe("users", () => {
  it("change their password, which voids their tokens", async () => {
    await makeUser("pat");
    const { token } = await signIn("pat");
    const change = (body: unknown, headers: Record<string, string>) =>
      askWith({ RBAC_ENABLED: true })("/api/v1/users/pat", { method: "PUT", headers, body });
    const own = { "x-auth-token": token };
    expect((await change({ password: "a new password" }, own)).status).toBe(403);
    expect((await change({ password: "a new password", current_password: "wrong" }, own)).status).toBe(403);
    expect((await change({ password: "a new password", current_password: PASSWORD }, own)).status).toBe(200);
    expect((await whoami("", own)).status).toBe(401);
    expect((await signIn("pat", {}, "a new password")).user).toBe("pat");
  });

  it("that are disabled lose all their credentials, and get them back when they are enabled", async () => {
    await makeUser("quin");
    const { token } = await signIn("quin");
    const { headers } = await keyOf(ask, "quin");
    const enable = (enabled: boolean) =>
      ask("/api/v1/users/quin", { method: "PUT", headers: asAdmin, body: { enabled } });
    await json(await enable(false));
    for (const given of [headers, { "x-auth-token": token }])
      expect(await whoami("", given)).toMatchObject({
        status: 401,
        faultstring: "Unauthorized - The user is disabled.",
      });
    const refused = await ask("/auth/v1/tokens", {
      method: "POST",
      headers: basic("quin", PASSWORD),
      body: {},
    });
    expect(refused.status).toBe(401);
    await json(await enable(true));
    expect((await whoami("", headers)).status).toBe(200);
  });

  it("that are deleted take their keys and tokens with them", async () => {
    await makeUser("rob");
    const { token } = await signIn("rob");
    const { headers } = await keyOf(ask, "rob");
    expect((await ask("/api/v1/users/rob", { method: "DELETE", headers: asAdmin })).status).toBe(204);
    for (const given of [headers, { "x-auth-token": token }])
      expect((await whoami("", given)).status).toBe(401);
    expect((await ask("/api/v1/users/rob", { headers: asAdmin })).status).toBe(404);
  });

  it("are refused with a reason: a name twice, a short password", async () => {
    await makeUser("sue");
    const make = (body: unknown) => ask("/api/v1/users", { method: "POST", headers: asAdmin, body });
    const twice = await make({ name: "sue", password: PASSWORD });
    expect(await json(twice, 409)).toMatchObject({ code: "exists" });
    const short = await make({ name: "tom", password: "short" });
    expect(await json(short, 400)).toMatchObject({
      faultstring: "password: a password has at least 8 characters",
    });
    expect((await make({ name: "a b", password: PASSWORD })).status).toBe(400);
  });

  it("never see a password again, and the log does not contain it", async () => {
    const logged: unknown[] = [];
    for (const method of ["log", "info", "warn", "error", "debug"] as const)
      vi.spyOn(console, method).mockImplementation((...args) => void logged.push(args));
    const secret = "the secret of uma";
    const answers = [
      await ask("/api/v1/users", {
        method: "POST",
        headers: asAdmin,
        body: { name: "uma", password: secret },
      }),
      await ask("/auth/v1/tokens", { method: "POST", headers: basic("uma", secret), body: {} }),
      await ask("/auth/v1/tokens", { method: "POST", headers: basic("uma", `${secret}!`), body: {} }),
      await ask("/auth/v1/tokens", { method: "POST", headers: basic("uma", secret), body: { ttl: -1 } }),
      await ask("/api/v1/users", { headers: asAdmin }),
      await ask("/api/v1/users/uma", { headers: asAdmin }),
      await ask("/api/v1/users/uma", { method: "PUT", headers: asAdmin, body: { password: secret } }),
      await ask("/api/v1/users", {
        method: "POST",
        headers: asAdmin,
        body: { name: "uma", password: secret },
      }),
      await ask("/api/v1/users", {
        method: "POST",
        headers: asAdmin,
        body: { name: "uma", password: secret, more: secret },
      }),
    ];
    const said = (await Promise.all(answers.map((answer) => answer.text()))).join("\n");
    expect(said).not.toContain(secret);
    expect(said).not.toContain("scrypt");
    expect(JSON.stringify(logged)).not.toContain(secret);
    const kept = await env.INDEX.prepare("SELECT * FROM users").all();
    expect(JSON.stringify(kept.results)).not.toContain(secret);
  });
});
