import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { app } from "../../src/app.ts";
import { OPERATIONS } from "../../src/openapi/operations.ts";
import { asAdmin, askWith, basic, json, type Settings } from "./support/identity.ts";
import { signOn } from "./support/issuer.ts";
import { clientWith, ORIGIN, registerActions, run } from "./support/world.ts";

const PASSWORD = "correct horse battery";
const ELSEWHERE = "https://elsewhere.test";

/** Credentials that a browser sends by itself, for any page. */
const AMBIENT = ["cookie", "assertion"] as const;

/** Requests that another page can cause: the browser's headers about the page, and content types that need no preflight. */
const FORGED: Record<string, Record<string, string>> = {
  "a form of another origin": {
    origin: ELSEWHERE,
    "content-type": "text/plain",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
  },
  "a script of another origin": { origin: ELSEWHERE, "content-type": "application/json" },
  "another port of this host": { origin: `${ORIGIN}:8080`, "content-type": "application/json" },
  "a page without an origin": { origin: "null", "content-type": "text/plain" },
  "an old browser's form": { "content-type": "application/x-www-form-urlencoded" },
  "an old browser's upload": { "content-type": "multipart/form-data; boundary=x" },
  "an old browser's bare form": {},
  "a request without an origin across sites": {
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "no-cors",
    "content-type": "application/json",
  },
  "a request without an origin of another host of the site": {
    "sec-fetch-site": "same-site",
    "sec-fetch-mode": "no-cors",
    "content-type": "application/json",
  },
};

/** The requests by which a page may read an answer or keep it open. */
const READ = Object.entries(FORGED).filter(([, headers]) => headers.origin ?? headers["sec-fetch-site"]);

let settings: Settings;
let ambient: Record<(typeof AMBIENT)[number], Record<string, string>>;
let id: string;

beforeAll(async () => {
  const sign_on = await signOn("ann@example.com");
  settings = sign_on.settings;
  const ask = askWith(settings);
  await json(
    await ask("/api/v1/users", {
      method: "POST",
      headers: asAdmin,
      body: { name: "ann", password: PASSWORD },
    }),
    201,
  );
  const { token } = await json<{ token: string }>(
    await ask("/auth/v1/tokens", { method: "POST", headers: basic("ann", PASSWORD), body: {} }),
    201,
  );
  ambient = {
    cookie: { cookie: `auth-token=${token}` },
    assertion: { "cf-access-jwt-assertion": sign_on.assertion },
  };
  // The audit log has an entry when a single sign-on first comes.
  await json(await ask("/api/v1/user", { headers: ambient.assertion }));
  const client = clientWith();
  await registerActions();
  ({ id } = await run(client));
});
afterAll(() => vi.restoreAllMocks());

/** Sends a request as a browser would, with the body as it is. */
async function send(method: string, path: string, headers: Record<string, string>, body?: string) {
  const init = { method, headers, ...(body === undefined ? {} : { body }) };
  return app.fetch(new Request(ORIGIN + path, init), { ...env, ...settings }, createExecutionContext());
}

/** Every operation that opens to a user's credential, at an existing path. */
function operations(changing: boolean): [string, string][] {
  return Object.entries(OPERATIONS).flatMap(([key, { security = "key" }]) => {
    const [method = "", path = ""] = key.split(" ");
    if (security !== "key" || (method === "GET") === changing) return [];
    const filled = path
      .replace(/\/executions\/\{id\}/, `/executions/${id}`)
      .replace("{pool}", "default")
      .replaceAll(/\{\w+\}/g, "ann");
    return [[method, filled]];
  });
}

/** All rows of the index. */
async function contents(): Promise<string> {
  const { results } = await env.INDEX.prepare(
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>();
  const tables = results.map(({ name }) => env.INDEX.prepare(`SELECT * FROM "${name}"`));
  return JSON.stringify((await env.INDEX.batch(tables)).map(({ results }) => results));
}

describe.each(AMBIENT)("a browser's request with its %s,", (kind) => {
  it.each(Object.entries(FORGED))("by %s, changes nothing", async (_, headers) => {
    const before = await contents();
    const wrong: string[] = [];
    for (const [method, path] of operations(true)) {
      for (const body of [undefined, '{"user":"mallory","role":"admin"}']) {
        // A form only sends POST, and another method of a script needs a preflight. The server refuses these too.
        if (!headers.origin && !headers["sec-fetch-site"] && method !== "POST") continue;
        const response = await send(method, path, { ...ambient[kind], ...headers }, body);
        if (response.status !== 403 && response.status !== 415)
          wrong.push(`${method} ${path} ${response.status}`);
        await response.body?.cancel();
      }
    }
    expect(wrong).toEqual([]);
    expect(await contents()).toBe(before);
    expect((await clientWith().get(id)).status).toBe("running");
  });

  it.each(READ)(
    "by %s, reads and opens nothing",
    async (_, { "content-type": __, "sec-fetch-mode": mode = "", ...headers }) => {
      const fetched = mode === "navigate" ? {} : { "sec-fetch-mode": mode || "cors" };
      const wrong: string[] = [];
      for (const [method, path] of operations(false)) {
        for (const upgrade of [{}, { upgrade: "websocket" }]) {
          const response = await send(method, path, { ...ambient[kind], ...headers, ...fetched, ...upgrade });
          if (response.status !== 403) wrong.push(`${method} ${path} ${response.status}`);
          response.webSocket?.accept();
          response.webSocket?.close();
          await response.body?.cancel();
        }
      }
      expect(wrong).toEqual([]);
    },
  );

  it("by a page of the server, by a page of a configured origin, or as an opened address, is accepted", async () => {
    const type = { "content-type": "application/json" };
    const own: Record<string, string>[] = [
      { origin: ORIGIN, ...type },
      { "sec-fetch-site": "same-origin", ...type },
      { origin: "https://tailrace.test", "sec-fetch-site": "same-origin", ...type },
      { ...type },
    ];
    for (const headers of own) {
      const made = await send("POST", "/api/v1/apikeys", { ...ambient[kind], ...headers }, "{}");
      expect([headers, made.status]).toEqual([headers, 201]);
    }
    const pinned = await send("POST", `/api/v1/executions/${id}/pin`, { ...ambient[kind], origin: ORIGIN });
    expect(pinned.status).toBe(200);
    const opened = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    expect((await send("GET", `/api/v1/executions/${id}`, { ...ambient[kind], ...opened })).status).toBe(200);
    settings.CORS_ORIGINS = ELSEWHERE;
    const configured = { ...ambient[kind], origin: ELSEWHERE, "sec-fetch-site": "cross-site" };
    expect((await send("POST", "/api/v1/apikeys", { ...configured, ...type }, "{}")).status).toBe(201);
    expect((await send("POST", "/api/v1/apikeys", configured, "{}")).status).toBe(415);
    settings.CORS_ORIGINS = "";
  });
});

describe("a program's request", () => {
  it("with a header for its credential may have any type and name any origin", async () => {
    const headers = { ...asAdmin, origin: ELSEWHERE, "content-type": "text/plain" };
    expect((await send("POST", "/api/v1/apikeys", headers, "{}")).status).toBe(201);
  });
});

describe("a password that a browser has saved", () => {
  it("signs no user in for another page", async () => {
    for (const origin of [ELSEWHERE, "null"]) {
      const headers = { ...basic("ann", PASSWORD), origin };
      expect((await send("POST", "/auth/v1/tokens", headers, "{}")).status).toBe(403);
    }
  });
});

describe("a token in a place that another page may write", () => {
  it("does not sign a reader in: it sets no cookie", async () => {
    const [, token = ""] = ambient.cookie.cookie?.split("=") ?? [];
    const offered = `tailrace.output, tailrace.credential.${Buffer.from(token).toString("base64url")}`;
    const written: [string, Record<string, string>][] = [
      [`/api/v1/user?x-auth-token=${token}`, {}],
      [`/api/v1/executions/${id}/output?follow=false&x-auth-token=${token}`, {}],
      [
        `/api/v1/executions/${id}/output?follow=false`,
        { upgrade: "websocket", "sec-websocket-protocol": offered },
      ],
    ];
    for (const [path, headers] of written) {
      const response = await send("GET", path, headers);
      expect([path, response.status < 300, response.headers.get("set-cookie")]).toEqual([path, true, null]);
      response.webSocket?.accept();
      response.webSocket?.close();
      await response.body?.cancel();
    }
    const by_header = await send("GET", "/api/v1/user", { "x-auth-token": token });
    expect(by_header.headers.get("set-cookie")).toContain(`auth-token=${token}`);
  });
});
