import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { sign } from "hono/jwt";
import * as v from "valibot";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import { pause } from "../../protocol/base/backoff.ts";
import type { Client } from "../../protocol/client/client.ts";
import { clientOf, scratch, TestAgent, until } from "../support/world.ts";

/** Values for parts of paths and for queries. */
const TEXTS = [
  "",
  "null",
  "-1",
  "0",
  "1e308",
  "9007199254740993",
  "99999999999999999999999999",
  "NaN",
  "%ff",
  "%00",
  "a%00b",
  "%",
  "%E0%A4%A",
  "%F0%9F%92%A9",
  "..%2f..%2fetc%2fpasswd",
  "'%20OR%201=1--",
  "__proto__",
  "constructor",
  "0000-00-00T00:00:00Z",
  "9999-99-99",
  "2026-02-31T25:61:61Z..x",
  "(",
  "*".repeat(300),
  "a".repeat(10_000),
];

/** Values for fields of bodies and for whole bodies. */
const VALUES: unknown[] = [
  null,
  true,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER + 1,
  "",
  "a",
  "\u0000",
  "\ud800",
  "{{ 1/0 }}",
  "a".repeat(70_000),
  [],
  [null],
  {},
  { a: { b: null } },
  { constructor: 1, toString: 2 },
  [{ constructor: {}, length: -1 }],
];

/** Numbers that are valid JSON but do not fit a JavaScript number. */
const NUMBERS = ["1e999", "-1e999", "1e308", "9".repeat(400), "0.1e-999"];

/** Bodies that are not checked against a schema. */
const RAW: (string | Uint8Array<ArrayBuffer>)[] = [
  "",
  " ",
  "null",
  "{",
  "nul",
  '{"a":1}{"a":2}',
  '{"__proto__":{"role":"admin"}}',
  `${"[".repeat(5_000)}${"]".repeat(5_000)}`,
  `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`,
  "\ufeff{}",
  new Uint8Array([0xff, 0xfe, 0x00, 0x7b]),
];

/** Valid bodies, so that later fields are checked too. */
const EXAMPLES: Record<string, Record<string, unknown>> = {
  CreateExecution: { action: "core.local", parameters: { cmd: "true" }, delay: 3_600_000 },
  ReRunExecution: { delay: 3_600_000 },
  UpdateExecution: { status: "running" },
  CreateAccount: { name: "ann", password: "correct horse battery" },
  CreateRole: { name: "operators" },
  PermissionGrant: { permission_types: ["action_execute"] },
  CreateAssignment: { user: "ann", role: "observer" },
  SetKey: { value: "x" },
};

interface Operation {
  method: string;
  path: string;
  query: string[];
  /** The schema's name, and the names of its fields. */
  body: { name: string; fields: string[] } | undefined;
  leased: boolean;
}

let server: Server;
let client: Client;
let agent: TestAgent;
let operations: Operation[] = [];
let lease: string;
/** An ended execution to read, a waiting one to change, and a running one with a lease. */
let ended: string;
let waiting: string;
let running: string;

beforeAll(async () => {
  const state = scratch();
  server = await startServer({ port: 0, state });
  client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  agent = await new TestAgent(server.url, key).start().ready();
  const create = async (cmd: string, delay = 0) =>
    (await client.create({ action: "core.local", parameters: { cmd, timeout: 3_600 }, delay })).id;
  ended = await create("echo one; echo two >&2");
  waiting = await create("true", 24 * 3_600_000);
  running = await create("sleep 3600");
  await until("one has ended", async () => (await client.get(ended)).status === "succeeded");
  await until("one runs", async () => (await client.get(running)).status === "running");
  const { TAILRACE_SECRET } = JSON.parse(readFileSync(join(state, "secrets.json"), "utf8"));
  const [{ id: agent_id } = { id: "" }] = await client.agents();
  lease = await sign(
    { execution_id: running, epoch: 1, agent_id, pool: "default" },
    TAILRACE_SECRET,
    "HS256",
  );
  operations = await readOperations();
});
afterAll(async () => {
  await agent.stop();
  await server.stop();
});

/** The used parts of the server's own description. */
const Described = v.object({
  paths: v.record(
    v.string(),
    v.record(
      v.string(),
      v.object({
        parameters: v.array(v.object({ name: v.string(), in: v.string() })),
        requestBody: v.optional(
          v.object({
            content: v.record(v.string(), v.object({ schema: v.object({ $ref: v.string() }) })),
          }),
        ),
        security: v.array(v.record(v.string(), v.unknown())),
      }),
    ),
  ),
  components: v.object({
    schemas: v.record(
      v.string(),
      v.object({ properties: v.optional(v.record(v.string(), v.unknown()), {}) }),
    ),
  }),
});

/** Every operation, as the server describes it. */
async function readOperations(): Promise<Operation[]> {
  const answer = await (await fetch(`${server.url}/openapi.json`)).json();
  const { paths, components } = v.parse(Described, answer);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody, security }]) => {
      const [content] = Object.values(requestBody?.content ?? {});
      const name = content?.schema.$ref.split("/").at(-1);
      return {
        method: method.toUpperCase(),
        path,
        query: parameters.filter((parameter) => parameter.in === "query").map((parameter) => parameter.name),
        body:
          name === undefined ? undefined : { name, fields: fieldsOf(components.schemas[name]?.properties) },
        leased: security.some((one) => "lease" in one),
      };
    }),
  );
}

function fieldsOf(properties: Record<string, unknown> = {}): string[] {
  return Object.keys(properties);
}

/** A path to existing objects. */
function filled({ method, path, leased }: Operation): string {
  const id = leased ? running : method === "GET" ? ended : waiting;
  return path.replace("/executions/{id}", `/executions/${id}`).replaceAll(/\{\w+\}/g, "core.local");
}

function headersOf({ leased }: Operation): Record<string, string> {
  return leased ? { authorization: `Bearer ${lease}` } : { "st2-api-key": server.apiKey };
}

/** The number of simultaneous requests, and the time for which an open answer is read. */
const AT_ONCE = 16;
const READ_MS = 100;

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
}

/** Sends a request. Returns the fault of its answer, or undefined. */
async function wrongWith({ method, path, headers, body }: Sent): Promise<string | undefined> {
  const ending = new AbortController();
  const response = await fetch(server.url + path, {
    method,
    headers,
    signal: ending.signal,
    redirect: "manual",
    ...(body === undefined ? {} : { body }),
  });
  const text = response.status >= 400 ? await response.text() : await beginning(response);
  ending.abort();
  const wrong = faultOf(response.status, response.headers, text);
  if (wrong === undefined) return undefined;
  return `${wrong}: ${method} ${path.slice(0, 200)} ${String(body).slice(0, 100)} → ${response.status} ${text.slice(0, 200)}`;
}

/** The fault of an answer: it comes from a bug, shows internals, or a browser could misread or keep it. */
function faultOf(status: number, headers: Headers, text: string): string | undefined {
  // A documented failure for the moment is 503.
  if (status >= 500 && status !== 503) return "a bug";
  if (headers.get("x-content-type-options") !== "nosniff") return "no nosniff";
  if (!/no-store|no-cache/.test(headers.get("cache-control") ?? "")) return "kept";
  if (status < 400) return undefined;
  if (/\bat (async )?[\w.<#]+ ?\(|\.[jt]s:\d+|node_modules|SQLITE|D1_ERROR/.test(text)) return "the inside";
  const { faultstring, code } = JSON.parse(text);
  return typeof faultstring === "string" && typeof code === "string" ? undefined : "no error";
}

async function beginning(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  if (!reader) return "";
  const late = pause(READ_MS);
  const first = await Promise.race([reader.read(), late]);
  return new TextDecoder().decode(first ? first.value : undefined);
}

/** Sends all requests, some at a time. Returns the faults, and expects that the server still works. */
async function sendAll(requests: Sent[]): Promise<string[]> {
  const wrong: string[] = [];
  const left = [...requests];
  const worker = async () => {
    for (let sent = left.pop(); sent !== undefined; sent = left.pop()) {
      const fault = await wrongWith(sent);
      if (fault !== undefined) wrong.push(fault);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect((await client.get(running)).status).toBe("running");
  return wrong.sort();
}

describe("no answer comes from a bug or shows internals,", () => {
  it("for any path", async () => {
    const requests = operations.flatMap((operation) =>
      [...operation.path.matchAll(/\{\w+\}/g)].flatMap(([name]) =>
        TEXTS.map((text) => ({
          method: operation.method,
          path: filled({ ...operation, path: operation.path.replace(name, () => text) }),
          headers: headersOf(operation),
          ...(operation.method === "GET" ? {} : { body: "{}" }),
        })),
      ),
    );
    expect(await sendAll(requests)).toEqual([]);
  }, 300_000);

  it("for any query", async () => {
    const requests = operations.flatMap((operation) => {
      const sent = (query: string): Sent => ({
        method: operation.method,
        path: `${filled(operation)}?${query}`,
        headers: headersOf(operation),
      });
      const twice = operation.query.map((name) => `${name}=1&${name}=x`).join("&");
      return [
        sent(twice),
        ...operation.query.flatMap((name) => TEXTS.map((text) => sent(`${name}=${text}`))),
      ];
    });
    expect(await sendAll(requests)).toEqual([]);
  }, 300_000);

  it("for any body", async () => {
    const requests = operations.flatMap((operation) => {
      const { method, body } = operation;
      if (method === "GET") return [];
      const sent = (text: string | Uint8Array<ArrayBuffer>): Sent => ({
        method,
        path: filled(operation),
        headers: { ...headersOf(operation), "content-type": "application/json" },
        body: text,
      });
      const whole = [...RAW, ...VALUES.map((value) => JSON.stringify(value))].map(sent);
      const example = EXAMPLES[body?.name ?? ""] ?? {};
      const fields = (body?.fields ?? []).flatMap((field) => {
        const others = Object.entries(example).filter(([name]) => name !== field);
        const with_json = (json: string) =>
          sent(
            `{${[...others.map(([name, value]) => `"${name}":${JSON.stringify(value)}`), `"${field}":${json}`].join(",")}}`,
          );
        return [...VALUES.map((value) => JSON.stringify(value)), ...NUMBERS].map(with_json);
      });
      return [...whole, ...fields];
    });
    expect(await sendAll(requests)).toEqual([]);
  }, 300_000);

  it("for any headers", async () => {
    const credentials = [
      "Basic",
      "Basic !!!",
      "Basic Og==",
      "Basic AAAA",
      "Bearer",
      "Bearer .",
      "Bearer a.b.c",
      "Bearer e30.e30.e30",
    ];
    const key = { "st2-api-key": server.apiKey };
    const all: Record<string, string>[] = [
      ...credentials.map((authorization) => ({ authorization })),
      { authorization: `Bearer ${"a".repeat(30_000)}` },
      { cookie: "auth-token=%ff; auth-token" },
      { cookie: `auth-token=${"x".repeat(20_000)}` },
      { origin: "://" },
      { ...key, "last-event-id": "99999999999999999999" },
      { ...key, "last-event-id": "-1" },
      { ...key, "st2-context": "{" },
      { ...key, "st2-context": "[".repeat(9_000) },
      { ...key, "x-request-id": "x".repeat(9_000) },
      { ...key, accept: "text/event-stream,".repeat(1_000) },
      { ...key, "tailrace-protocol": "1e999" },
      { ...key, "user-agent": "\u00ff".repeat(9_000) },
    ];
    const requests = operations.flatMap((operation) =>
      all.map((headers) => ({
        method: operation.method,
        path: filled(operation),
        headers,
        ...(operation.method === "GET" ? {} : { body: "{}" }),
      })),
    );
    expect(await sendAll(requests)).toEqual([]);
  }, 300_000);

  it.each([
    "a b",
    "[",
    "[::1",
    "x:999999",
    "x:y",
    "%%%",
    "a@b",
    "a/b",
    "a,b",
    "é",
    "http://x",
    "x".repeat(100),
  ])("for the host %j", async (host) => {
    for (const path of [
      "/",
      "/healthz",
      "/api/v1",
      "/api/v1/user",
      "/executions",
      "/openapi.json",
      "/auth/v1/tokens",
      "/agent/v1/pools/x/connect",
    ]) {
      const text = await sendRaw(
        `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nSt2-Api-Key: ${server.apiKey}\r\nConnection: close\r\n\r\n`,
      );
      expect(text).toMatch(/^HTTP\/1\.1 [24]\d\d /);
      expect(text).not.toMatch(/"code":"internal"|\bat \w+ \(/);
      if (!text.includes("Bad Request")) expect(text).toMatch(/x-content-type-options: nosniff/i);
    }
  });

  it("for bytes that are no request", async () => {
    const raw = [
      "GET http://[/x HTTP/1.1\r\nHost: a\r\n\r\n",
      "GET /%ff%fe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      "PROPFIND / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
      `GET /healthz HTTP/1.1\r\nHost: a\r\nX: ${"y".repeat(200_000)}\r\nConnection: close\r\n\r\n`,
      `GET /${"a/".repeat(50_000)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
      "POST /api/v1/executions HTTP/1.1\r\nHost: a\r\nContent-Length: 1e9\r\n\r\n",
      "POST /auth/v1/tokens HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
      "\u0000\u0001\u0002\r\n\r\n",
    ];
    for (const text of raw) {
      const answer = await sendRaw(text);
      expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
      expect(answer).not.toMatch(/\bat \w+ \(/);
    }
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
  });
});

/** The server's answer to raw bytes, until it closes. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () =>
      socket.write(Buffer.from(text, "latin1")),
    );
    socket.setTimeout(10_000, () => socket.destroy());
    socket.on("data", (data) => {
      answer += data.toString("latin1");
    });
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
  });
}
