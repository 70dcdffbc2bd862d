import { createHash } from "node:crypto";
import { once } from "node:events";
import { SLOTS_MAX } from "../../../protocol/base/limits.ts";
import type { Client } from "../../../protocol/client/client.ts";
import type { CreateExecution } from "../../../protocol/model/execution.ts";
import type { PoolMessage } from "../../../protocol/wire/agent.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import { PROTOCOL_VERSION } from "../../../protocol/wire/version.ts";
import { registered } from "../../support/registered.ts";

/** An output whose chunks the test writes. */
export class Producer {
  readonly id: string;
  readonly #client: Client;
  readonly #token: string;
  seq = 0;

  constructor(client: Client, id: string, token: string) {
    this.#client = client;
    this.id = id;
    this.#token = token;
  }

  /** Appends one batch of chunks. */
  async write(...chunks: (string | { type: OutputType; data: string })[]): Promise<void> {
    const lines = chunks.map((chunk) => {
      const { type, data } = typeof chunk === "string" ? { type: "stdout" as const, data: chunk } : chunk;
      return encodeChunk({ seq: ++this.seq, timestamp: now(), output_type: type, data });
    });
    await this.#client.append(this.id, this.#token, lines.join(""));
  }

  /** Writes a gap of this many bytes. */
  async writeGap(bytes: number): Promise<void> {
    const gap = { reason: "spool_full" as const, bytes };
    const chunk = { seq: ++this.seq, timestamp: now(), output_type: "other" as const, gap, data: "" };
    await this.#client.append(this.id, this.#token, encodeChunk(chunk));
  }

  /** Many numbered lines, in batches and chunks like those of a busy agent. */
  async writeLines(
    from: number,
    to: number,
    text = (line: number) => `line ${line} of many ${"·".repeat(40)}`,
  ): Promise<void> {
    const per_chunk = 250;
    for (let line = from; line <= to; ) {
      const chunks: string[] = [];
      for (let chunk = 0; chunk < 8 && line <= to; chunk++) {
        let data = "";
        for (let at = 0; at < per_chunk && line <= to; at++) data += `${text(line++)}\n`;
        chunks.push(data);
      }
      await this.write(...chunks);
    }
  }

  async end(exit_code = 0, more: Record<string, unknown> = {}): Promise<void> {
    const ok = exit_code === 0;
    const result = { failed: !ok, succeeded: ok, return_code: exit_code, stdout: "", stderr: "", ...more };
    await this.#client.end(this.id, this.#token, {
      last_seq: this.seq,
      status: ok ? "succeeded" : "failed",
      exit_code,
      result,
    });
  }
}

/** A line that compression does not make much shorter. */
export function noise(line: number): string {
  return `line ${line} of ${createHash("sha256").update(String(line)).digest("base64")}`;
}

function now(): string {
  return new Date().toISOString().replace("Z", "000Z");
}

/** Replaces an agent: takes every execution of core.local, and lets the test write its output. */
export class Producers {
  readonly client: Client;
  readonly #socket: WebSocket;
  readonly #tokens = new Map<string, string>();
  readonly #waiting = new Map<string, (token: string) => void>();
  readonly #ping: NodeJS.Timeout;

  private constructor(client: Client, socket: WebSocket) {
    this.client = client;
    this.#socket = socket;
    this.#ping = setInterval(() => socket.send("ping"), 10_000);
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const message: PoolMessage = JSON.parse(String(data));
      if (message.type !== "lease") return;
      const { execution_id, epoch } = message.execution;
      socket.send(JSON.stringify({ type: "accepted", execution_id, epoch }));
      const take = this.#waiting.get(execution_id);
      if (take) take(message.token);
      else this.#tokens.set(execution_id, message.token);
    });
  }

  static async connect(client: Client): Promise<Producers> {
    await client.register({
      actions: [{ pack: "core", name: "local", runner_type: "local-shell-cmd", parameters: {}, tags: [] }],
    });
    const { secret } = await registered(client, "producer");
    const socket = new WebSocket(`${client.url.replace("http", "ws")}/agent/v1/pools/default/connect`, {
      headers: { "st2-api-key": secret },
    });
    await once(socket, "open");
    const runners = ["local-shell-cmd"];
    const hello = {
      type: "hello",
      protocol: PROTOCOL_VERSION,
      name: "producer",
      version: "0",
      slots: SLOTS_MAX,
      runners,
      packs: [{ ref: "core", version: "", digest: "0".repeat(64) }],
      leases: [],
    };
    socket.send(JSON.stringify(hello));
    return new Producers(client, socket);
  }

  /** A new output whose process has started. */
  async open(cmd = "true", more: Partial<CreateExecution> = {}): Promise<Producer> {
    const { id } = await this.client.create({ action: "core.local", parameters: { cmd }, ...more });
    return this.take(id);
  }

  /** The output of an execution that something else has created. */
  async take(id: string): Promise<Producer> {
    const token = this.#tokens.get(id) ?? (await new Promise<string>((take) => this.#waiting.set(id, take)));
    await this.client.start(id, token);
    return new Producer(this.client, id, token);
  }

  close(): void {
    clearInterval(this.#ping);
    this.#socket.close();
  }
}
