import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type FollowRecord, isChunk, readRecord } from "../../protocol/wire/record.ts";
import { relayName } from "../../src/objects/relay.ts";
import { fetchWorker, ORIGIN } from "../src/support/world.ts";

/** The first relay of an execution at a level; level 1 is fed by the execution. */
export function nameAt(id: string, level: number): string {
  let name = id;
  for (let at = 0; at < level; at++) name = relayName(name, "any", 0);
  return name;
}

/** The relay of the last level: with no followers at any other object, all followers of a test are there. */
export function relayOf(id: string): DurableObjectStub {
  return env.RELAY.getByName(nameAt(id, env.RELAY_LEVELS));
}

/** All objects between an execution and a follower, the execution first. */
export function wayOf(id: string): DurableObjectStub[] {
  const relays = Array.from({ length: env.RELAY_LEVELS }, (_, at) => env.RELAY.getByName(nameAt(id, at + 1)));
  return [env.EXECUTION.getByName(id), ...relays];
}

/** How many sockets an object has. */
export function socketsOf(object: DurableObjectStub): Promise<number> {
  return runInDurableObject(object, (_, state) => state.getWebSockets().length);
}

/** A WebSocket follower that grants what it gets, or only what the test grants. */
export class SocketFollower {
  readonly #socket: WebSocket;
  readonly records: FollowRecord[] = [];
  chars = 0;
  closed: { code: number; reason: string } | undefined;

  private constructor(socket: WebSocket, grants: boolean) {
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      const message = String(data);
      if (message === "pong") return;
      for (const line of message.split("\n")) {
        const record = line === "" ? undefined : readRecord(line);
        if (record) this.records.push(record);
      }
      if (message.startsWith('{"event"')) return;
      this.chars += message.length;
      if (grants) this.grant(message.length);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = { code, reason };
    });
    socket.accept();
  }

  static async connect(
    id: string,
    { grants = true, query = "", key = env.TAILRACE_API_KEY } = {},
  ): Promise<SocketFollower> {
    const { webSocket, status } = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}/output?${query}`, {
      headers: { "st2-api-key": key, upgrade: "websocket" },
    });
    if (!webSocket) throw new Error(`no WebSocket: ${status}`);
    return new SocketFollower(webSocket, grants);
  }

  grant(credit: number): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ credit }));
  }

  close(): void {
    this.#socket.close(1000, "bye");
  }

  get seqs(): number[] {
    return this.records.filter(isChunk).map(({ seq }) => seq);
  }

  get text(): string {
    return this.records
      .filter(isChunk)
      .map(({ data }) => data)
      .join("");
  }

  get statuses(): string[] {
    return this.records.flatMap((record) =>
      !isChunk(record) && record.event === "status" ? [record.status] : [],
    );
  }

  get events(): string[] {
    return this.records.flatMap((record) => (isChunk(record) ? [] : [record.event]));
  }
}

/** The numbers from one to another. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
