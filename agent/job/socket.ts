import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { dirname } from "node:path";
import { ERRORS, TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { http } from "../base/http.ts";
import { answerJob, type JobOptions } from "./routes.ts";

/** Requests of one run that are answered at the same time; a further one gets 429. Connections beyond their bound are closed. */
const REQUESTS_MAX = 64;
const CONNECTIONS_MAX = 256;

/** How long a request may take to arrive, and how often that is checked. */
const REQUEST_MS_MAX = 10_000;
const CHECK_MS = 1_000;

/**
 * The socket of one run: HTTP over a Unix socket. Only the agent's user may enter its folder, and only this run knows its name. It
 * serves `POST /secrets`, `GET /user`, and the key-value table under `/keys`.
 */
export class JobSocket {
  readonly path: string;
  readonly #server: Server;
  readonly #options: JobOptions;
  #requests = 0;

  private constructor(path: string, options: JobOptions) {
    this.path = path;
    this.#options = options;
    this.#server = http.createServer(
      { requestTimeout: REQUEST_MS_MAX, connectionsCheckingInterval: CHECK_MS },
      (request, response) => void this.#serve(request, response),
    );
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** `prefix` is the beginning of the path. The rest is random, so that no other run can guess it. */
  static async open(prefix: string, options: JobOptions): Promise<JobSocket> {
    mkdirSync(dirname(prefix), { recursive: true, mode: 0o700 });
    const path = `${prefix}-${randomBytes(12).toString("base64url")}`;
    const socket = new JobSocket(path, options);
    await new Promise<void>((resolve, reject) => {
      socket.#server.once("error", reject);
      socket.#server.listen(path, resolve);
    });
    return socket;
  }

  /** Closes the socket and its connections at once. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.#requests += 1;
    try {
      if (this.#requests > REQUESTS_MAX) {
        throw new TailraceError("too_many", `A run may have ${REQUESTS_MAX} requests at the same time.`);
      }
      const { status, body } = await answerJob(request, this.#options);
      send(response, status, body);
    } catch (error) {
      const failure = failureOf(error);
      send(response, ERRORS[failure.code].status, failure.toBody());
    } finally {
      this.#requests -= 1;
    }
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

function failureOf(error: unknown): TailraceError {
  if (error instanceof TailraceError) return error;
  return new TailraceError("unavailable", failureText(error));
}
