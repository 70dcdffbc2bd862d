import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Server } from "../../../cli/server/running.ts";
import { startServer } from "../../../cli/server/server.ts";
import { tryJson } from "../../../protocol/base/json.ts";
import { must, type Target } from "../target.ts";

const ID = "6742f0c0012c0123456789ab";
const LINE = `{"seq":1,"timestamp":"2026-11-24T12:00:00.000000Z","output_type":"stdout","data":"x"}`;

/** The methods that the engine accepts. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** How long an answer may take to begin. */
const ANSWER_MS_MAX = 15_000;

/** The target's own server, started with the first input. */
let started: { server: Server; state: string } | undefined;

/**
 * Requests to a real server with a key that opens everything: a method and a path, headers, and after an empty line a body. The
 * reached code is unknown, as it runs in another process.
 */
export const target: Target = {
  covers: [],
  chars_max: 4_096,
  ms_max: ANSWER_MS_MAX,
  words: [
    "GET ",
    "POST ",
    "PUT ",
    "DELETE ",
    "PATCH ",
    "/api/v1/",
    "/executions/",
    "/last",
    `/${ID}`,
    "/output",
    "/output/lines",
    "/search?q=a",
    "?limit=1",
    "&offset=2",
    "&after=5",
    "%00",
    "%ff",
    "%2F",
    "..",
    "\ncontent-type: application/json",
    "\nlast-event-id: 5",
    "\nx-auth-token: a",
    "\nauthorization: Bearer a.b.c",
    "\nauthorization: Basic YTpi",
    "\ncookie: auth-token=a",
    "\naccept: text/event-stream",
    "\ntailrace-protocol: 1-9",
    '{"a":1}',
    "null",
    "[]",
    "1e999",
    '{"__proto__":{}}',
    "\\ud800",
  ],
  seeds: [
    ...reads(
      "executions?limit=5&status=failed&sort=-id",
      "executions/last",
      `executions/${ID}?show_secrets=true`,
      "executions/last/output?follow=false&tail=5",
    ),
    ...reads(
      `executions/${ID}/output/lines?line=1&type=stdout`,
      `executions/${ID}/search?q=a&regex=true`,
      `executions/${ID}/output/folds?line=2`,
      "executions/last/children",
      "executions/views/filters",
    ),
    ...reads(
      "executions/last/attribute/status",
      "executions/last/result?download=1",
      "actions?limit=1",
      "actions/core.local",
      "actions/views/overview",
      "packs",
      "packs/core",
    ),
    ...reads(
      "runnertypes",
      "keys?scope=all&prefix=a",
      "keys/a?decrypt=true",
      "apikeys",
      "users",
      "agents",
      "pools",
      "rbac/roles",
      "rbac/role_assignments",
      "audit?limit=5",
      "links",
      "user",
    ),
    `GET /stream/v1/stream?events=st2.execution__*&end_execution_id=${ID}`,
    `GET /stream/v1/executions/${ID}/output\nlast-event-id: 3`,
    ...writes("POST", "executions", '{"action":"core.local","parameters":{"cmd":"true"},"delay":86400000}'),
    ...writes("POST", "executions/last/re_run", '{"parameters":{},"delay":86400000}'),
    ...writes("POST", "executions/last/redact", '{"texts":["a secret"]}'),
    ...writes("POST", "executions/last/links", '{"ttl":60}'),
    ...writes("PUT", "executions/last", '{"status":"canceled"}'),
    ...writes("PUT", "keys/a", '{"name":"a","value":"v","secret":true,"ttl":60}'),
    ...writes("POST", "users", '{"name":"u","password":"long enough"}'),
    ...writes("PUT", "users/u", '{"enabled":false}'),
    ...writes("POST", "apikeys", '{"user":"u","role":"user","metadata":{}}'),
    ...writes(
      "POST",
      "rbac/roles",
      '{"name":"r","permission_grants":[{"resource_uid":"pack:core","permission_types":["execution_view"]}]}',
    ),
    ...writes("POST", "rbac/role_assignments", '{"user":"u","role":"r"}'),
    ...writes("PUT", "pools/default/keys", '{"prefixes":["a."]}'),
    "DELETE /api/v1/keys/a",
    "DELETE /api/v1/executions/last",
    "DELETE /api/v1/users/u",
    'POST /auth/v1/tokens\ncontent-type: application/json\nauthorization: Basic dTpi\n\n{"ttl":60}',
    `POST /agent/v1/executions/${ID}/output\nauthorization: Bearer a.b.c\n\n${LINE}\n`,
    `POST /agent/v1/executions/${ID}/end\nauthorization: Bearer a.b.c\ncontent-type: application/json\n\n{"last_seq":1,"status":"failed","exit_code":1,"result":{}}`,
    'POST /agent/v1/agents\ncontent-type: application/json\n\n{"name":"a","pool":"default"}',
    'POST /agent/v1/pools/default/packs\ncontent-type: application/json\n\n{"packs":[]}',
    'POST /agent/v1/pools/default/actions\ncontent-type: application/json\n\n{"packs":[],"actions":[]}',
  ],
  run: async (input) => {
    started ??= await start();
    const { url, apiKey } = started.server;
    const request = requestOf(input, url, apiKey);
    if (!request) return;
    const answer = await fetch(request, { signal: AbortSignal.timeout(ANSWER_MS_MAX), redirect: "manual" });
    if (answer.headers.get("content-type")?.startsWith("text/event-stream"))
      return void (await answer.body?.cancel());
    const text = request.method === "HEAD" ? "" : await answer.text();
    must(answer.status < 500, `a request is answered or refused: ${answer.status} ${text.slice(0, 200)}`);
    if (answer.status < 400 || text === "") return;
    const body = tryJson(text);
    must(
      typeof body === "object" && body !== null && "code" in body && "faultstring" in body,
      "what is refused has a code",
    );
  },
  end: async () => {
    if (!started) return;
    await started.server.stop();
    rmSync(started.state, { recursive: true, force: true });
  },
};

async function start(): Promise<{ server: Server; state: string }> {
  const state = mkdtempSync(join(tmpdir(), "fuzz-routes-"));
  // The machine sends as many requests as it can.
  const vars = { REQUESTS_PER_SECOND_MAX: 1_000_000, BODY_WAIT_SECONDS: 2 };
  return { server: await startServer({ port: 0, state, vars }), state };
}

/** The request; undefined if no client could send it. */
function requestOf(input: string, url: string, key: string): Request | undefined {
  const [head = "", ...bodies] = input.split("\n\n");
  const [first = "", ...headers] = head.split("\n");
  const [method = "", path = "/"] = first.split(" ");
  const body = bodies.join("\n\n");
  if (!METHODS.includes(method) || !/^[\n -~]*$/.test(head)) return undefined;
  try {
    const sent = new Headers({ "st2-api-key": key });
    for (const header of headers) {
      const at = header.indexOf(": ");
      if (at > 0) sent.set(header.slice(0, at), header.slice(at + 2));
    }
    const takesBody = method !== "GET" && method !== "HEAD" && body !== "";
    const address = new URL(path, url);
    if (
      address.origin !== new URL(url).origin ||
      /^(?:upgrade|connection|expect|transfer-encoding|content-length|host)$/im.test(
        [...sent.keys()].join("\n"),
      )
    )
      return undefined;
    return new Request(address, { method, headers: sent, ...(takesBody ? { body } : {}) });
  } catch {
    return undefined;
  }
}

function reads(...paths: string[]): string[] {
  return paths.map((path) => `GET /api/v1/${path}`);
}

function writes(method: string, path: string, body: string): string[] {
  return [`${method} /api/v1/${path}\ncontent-type: application/json\n\n${body}`];
}
