import { mkdirSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import * as v from "valibot";
import { issueText } from "../../protocol/batch.ts";
import { ERRORS, TailraceError } from "../../protocol/errors.ts";
import { JSON_BODY_BYTES_MAX } from "../../protocol/limits.ts";
import type { KeyTable } from "./keys.ts";

/** What an action may ask of its agent while it runs. */
export interface JobOptions {
  /** The user for whom the action runs. */
  user: string;
  keys: KeyTable;
  /** Masks values from now on; tells how many are too short to be masked. */
  registerSecrets: (values: string[]) => { registered: number; too_short: number };
}

const Secrets = v.strictObject({ values: v.array(v.string()) });
const KeyValue = v.strictObject({
  value: v.string(),
  scope: v.optional(v.literal("system"), "system"),
  ttl: v.optional(v.nullable(v.pipe(v.number(), v.minValue(1)))),
  secret: v.optional(v.boolean(), false),
});

/**
 * The socket of one run: HTTP over a Unix socket in a folder that only the agent's user may enter, under a name that only
 * this run is told. `POST /secrets`, `GET /user`, and the key-value table under `/keys`.
 */
export class JobSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #options: JobOptions;

  private constructor(path: string, options: JobOptions) {
    this.path = path;
    this.#options = options;
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async open(path: string, options: JobOptions): Promise<JobSocket> {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const socket = new JobSocket(path, options);
    await new Promise<void>((resolve, reject) => {
      socket.#server.once("error", reject);
      socket.#server.listen(path, resolve);
    });
    return socket;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { status, body } = await this.#route(request);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(body === undefined ? "" : JSON.stringify(body));
    } catch (error) {
      const failure =
        error instanceof TailraceError
          ? error
          : new TailraceError("unavailable", error instanceof Error ? error.message : String(error));
      response.writeHead(ERRORS[failure.code].status, { "content-type": "application/json" });
      response.end(JSON.stringify(failure.toBody()));
    }
  }

  async #route(request: IncomingMessage): Promise<{ status: number; body?: unknown }> {
    const url = new URL(request.url ?? "/", "http://job");
    const [, kind, name] = url.pathname.split("/").map(decodeURIComponent);
    const verb = `${request.method} /${kind}${name ? "/:name" : ""}`;
    const { keys, registerSecrets, user } = this.#options;
    switch (verb) {
      case "GET /user":
        return { status: 200, body: { username: user } };
      case "POST /secrets": {
        const told = registerSecrets((await readBody(request, Secrets)).values);
        if (told.too_short === 0) return { status: 200, body: told };
        throw new TailraceError(
          "invalid",
          `${told.too_short} of the values are too short to be masked, ${told.registered} are masked: a secret has at least 4 bytes.`,
        );
      }
      case "GET /keys":
        return { status: 200, body: await keys.list(url.searchParams.get("prefix") ?? "") };
      case "GET /keys/:name": {
        const key = await keys.get(name ?? "");
        if (!key) throw new TailraceError("key_not_found", `There is no key "${name}".`);
        const isShown = !key.secret || url.searchParams.get("decrypt") === "true";
        if (key.secret && isShown) registerSecrets([key.value]);
        return { status: 200, body: { name, value: isShown ? key.value : "********", secret: key.secret } };
      }
      case "PUT /keys/:name": {
        const { value, ttl, secret } = await readBody(request, KeyValue);
        if (secret) registerSecrets([value]);
        await keys.set(name ?? "", { value, secret, ...(ttl ? { ttl } : {}) });
        return { status: 200, body: { name, value } };
      }
      case "DELETE /keys/:name":
        if (await keys.delete(name ?? "")) return { status: 204 };
        throw new TailraceError("key_not_found", `There is no key "${name}".`);
      default:
        throw new TailraceError("not_found");
    }
  }
}

async function readBody<const S extends v.GenericSchema>(
  request: IncomingMessage,
  schema: S,
): Promise<v.InferOutput<S>> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > JSON_BODY_BYTES_MAX) throw new TailraceError("too_large");
    parts.push(part);
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.concat(parts).toString("utf8"));
  } catch {
    throw new TailraceError("invalid", "The body is not JSON.");
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new TailraceError("invalid", issueText(parsed.issues[0]));
  return parsed.output;
}
