import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { DatabaseSync, type SQLOutputValue } from "node:sqlite";
import { afterTest } from "./world.ts";

/** An answer of Cloudflare's API: a result, or an error with its code. */
type Answer = { result: unknown } | { status: number; code: number; message: string };

const NO_WORKER: Answer = {
  status: 404,
  code: 10007,
  message: "This Worker does not exist on your account.",
};

/**
 * A Cloudflare account as wrangler sees it: the calls of its API that a deployment makes, on a real database. It stands in for an account
 * at the boundary of HTTP; wrangler is the real one.
 */
export class FakeAccount {
  /** The calls so far, as `POST /d1/database`. */
  readonly calls: string[] = [];
  readonly databases = new Map<string, { uuid: string; name: string; sql: DatabaseSync }>();
  readonly secrets = new Map<string, string>();
  /** The names of the secrets that each call has given. */
  readonly given: string[][] = [];
  /** The metadata of the uploaded Worker: its bindings, and the steps of its object classes. */
  worker: Record<string, unknown> | undefined;
  /** Whether an upload of the Worker fails. */
  refuses_worker = false;
  /** Whether the Worker exists, also as one that only has secrets. */
  #exists = false;
  #url = "";

  /** An account for one test, empty. */
  static async open(): Promise<FakeAccount> {
    const account = new FakeAccount();
    const server = createServer(async (request, response) => {
      const answer = account.#answer(request, await bodyOf(request));
      const body =
        "result" in answer
          ? { success: true, errors: [], messages: [], result: answer.result, ...page(answer.result) }
          : { success: false, errors: [answer], messages: [], result: null };
      response.writeHead("status" in answer ? answer.status : 200, { "content-type": "application/json" });
      response.end(JSON.stringify(body));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    afterTest(async () => void server.close());
    account.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return account;
  }

  /** The variables by which wrangler uses this account. */
  get environment(): NodeJS.ProcessEnv {
    return {
      CLOUDFLARE_API_BASE_URL: this.#url,
      CLOUDFLARE_ACCOUNT_ID: "0123456789abcdef0123456789abcdef",
      CLOUDFLARE_API_TOKEN: "of-a-test",
    };
  }

  #answer({ method = "", url = "" }: IncomingMessage, body: string): Answer {
    const path = new URL(url, this.#url).pathname.replace(/^\/accounts\/\w+/, "");
    const call = `${method} ${path}`;
    this.calls.push(call);
    if (path.startsWith("/d1/database")) return this.#database(call, body);
    const [, , , name = "", part = ""] = path.split("/");
    const scripts = path.startsWith("/workers/scripts/");
    if (scripts && part === "secrets")
      return this.#exists ? { result: [...this.secrets.keys()].map((one) => ({ name: one })) } : NO_WORKER;
    if (scripts && part === "secrets-bulk") return this.#giveSecrets(body);
    if (call === `PUT /workers/scripts/${name}`) return this.#upload(body);
    if (path.startsWith("/workers/services/"))
      return { result: { default_environment: { environment: "production", script: { tag: "one" } } } };
    if (part === "deployments") return { result: { deployments: [] } };
    if (part === "settings") return { result: { bindings: [], migration_tag: "" } };
    if (part === "assets-upload-session") return { result: { jwt: "of-assets", buckets: [] } };
    if (path === "/workers/subdomain") return { result: { subdomain: "example" } };
    if (part === "subdomain" || path.startsWith("/workers/workers/"))
      return { result: { enabled: true, subdomain: { enabled: true, previews_enabled: true } } };
    return { status: 404, code: 7003, message: `the fake account has no ${call}` };
  }

  #database(call: string, body: string): Answer {
    if (call === "GET /d1/database")
      return { result: [...this.databases.values()].map(({ uuid, name }) => ({ uuid, name })) };
    if (call === "POST /d1/database") {
      const made = { uuid: randomUUID(), name: String(JSON.parse(body).name) };
      this.databases.set(made.uuid, { ...made, sql: new DatabaseSync(":memory:") });
      return { result: made };
    }
    const database = this.databases.get(call.split("/")[3] ?? "");
    if (database === undefined) return { status: 404, code: 7404, message: "The database does not exist." };
    const sql = String(JSON.parse(body).sql);
    try {
      return { result: [{ results: rowsOf(database.sql, sql), success: true, meta: {} }] };
    } catch (error) {
      return { status: 400, code: 7500, message: String(error) };
    }
  }

  #giveSecrets(body: string): Answer {
    if (!this.#exists) return NO_WORKER;
    const given = JSON.parse(body).secrets as Record<string, { text: string }>;
    this.given.push(Object.keys(given));
    for (const [name, { text }] of Object.entries(given)) this.secrets.set(name, text);
    return { result: {} };
  }

  #upload(body: string): Answer {
    const [, metadata = "{}"] = /name="metadata"\r\n\r\n(.*)\r\n/.exec(body) ?? [];
    const uploaded = JSON.parse(metadata) as Record<string, unknown> & { bindings?: unknown[] };
    this.#exists = true;
    // A Worker that is made for its secrets has no bindings.
    if (!uploaded.bindings?.length) return { result: { id: "tailrace" } };
    if (this.refuses_worker) return { status: 500, code: 10013, message: "An unknown error has occurred." };
    this.worker = uploaded;
    return { result: { id: "tailrace", startup_time_ms: 5 } };
  }
}

function rowsOf(sql: DatabaseSync, text: string): Record<string, SQLOutputValue>[] {
  if (/^\s*select\b/i.test(text)) return sql.prepare(text).all();
  sql.exec(text);
  return [];
}

function page(result: unknown) {
  return Array.isArray(result) ? { result_info: { total_count: result.length } } : {};
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("latin1");
}
