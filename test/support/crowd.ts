import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { PING_MS, SLOTS_MAX } from "../../protocol/base/limits.ts";
import type { PoolMessage } from "../../protocol/wire/agent.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { PROTOCOL_VERSION } from "../../protocol/wire/version.ts";
import { clientOf, until, type World } from "./world.ts";

/** The size of the load. */
export interface CrowdSize {
  /** Children of one run that run at the same time. */
  children: number;
  /** Executions that wait for an agent that never comes. */
  queued: number;
  /** Requests whose body never comes whole. */
  half_sent: number;
}

/** Requests of the crowd that are under way at the same time. */
const AT_ONCE = 16;

const ACTION = { action: "crowd.stand", pool: "crowd", parameters: {} };

/** A crowd in a new pool. The test controls its agents, and their executions run until the end. */
export class Crowd {
  readonly #world: World;
  readonly #size: CrowdSize;
  readonly #sockets: { close: () => void }[] = [];
  readonly #half: Socket[] = [];
  readonly #given: { id: string; token: string }[] = [];
  parent = "";

  constructor(world: World, size: CrowdSize) {
    this.#world = world;
    this.#size = size;
  }

  /** Starts the whole crowd. Resolves when it has started. */
  async gather(): Promise<void> {
    const { children, queued, half_sent } = this.#size;
    const { client } = this.#world;
    await client.register({
      pool: "crowd",
      actions: [{ pack: "crowd", name: "stand", runner_type: "local-shell-cmd", parameters: {} }],
    });
    for (let slots = 0; slots <= children; slots += SLOTS_MAX) await this.#connect();
    await times(half_sent, () => this.#sendHalf());
    await client.create(ACTION);
    const parent = await this.#next();
    this.parent = parent.id;
    const hosts = Array.from({ length: children }, (_, at) => ({ key: `h${at}`, address: `h${at}` }));
    const plan = { hosts, concurrency: children, allow_partial_failure: true };
    await client.expand(parent.id, parent.token, plan);
    await times(children, async () => {
      const { id, token } = await this.#next();
      await client.start(id, token);
      await client.append(id, token, LINE);
    });
    await times(queued, async () => void (await client.create({ ...ACTION, labels: { nowhere: "1" } })));
  }

  leave(): void {
    for (const socket of this.#sockets) socket.close();
    for (const socket of this.#half) socket.destroy();
  }

  async #connect(): Promise<void> {
    const { client, server } = this.#world;
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "crowd" });
    const registrar = clientOf(server.url, key);
    const { secret } = await registrar.identity.registerAgent({ name: "crowd" });
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/agent/v1/pools/crowd/connect`, {
      headers: { "st2-api-key": secret },
    });
    await once(socket, "open");
    // A silent agent would be taken as lost.
    const ping = setInterval(() => socket.send("ping"), PING_MS);
    this.#sockets.push({ close: () => socket.close() }, { close: () => clearInterval(ping) });
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const message: PoolMessage = JSON.parse(String(data));
      if (message.type !== "lease") return;
      const { execution_id, epoch } = message.execution;
      socket.send(JSON.stringify({ type: "accepted", execution_id, epoch }));
      this.#given.push({ id: execution_id, token: message.token });
    });
    const packs = [{ ref: "crowd", version: "", digest: "0".repeat(64) }];
    const own = { protocol: PROTOCOL_VERSION, name: "crowd", version: "0", slots: SLOTS_MAX };
    const runners = ["local-shell-cmd"];
    socket.send(JSON.stringify({ type: "hello", ...own, runners, packs, leases: [] }));
  }

  #next(): Promise<{ id: string; token: string }> {
    return until("the crowd's agents are given more", () => this.#given.shift(), 120_000);
  }

  /** A request that states more bytes than it sends. */
  async #sendHalf(): Promise<void> {
    const { hostname, port } = new URL(this.#world.server.url);
    const socket = connect(Number(port), hostname).on("error", () => undefined);
    this.#half.push(socket);
    await once(socket, "connect");
    const head = ["POST /api/v1/executions HTTP/1.1", `host: ${hostname}`, "content-length: 1000"];
    const key = `st2-api-key: ${this.#world.server.apiKey}`;
    socket.write(`${[...head, key].join("\r\n")}\r\n\r\n{"action":`);
    socket.resume();
  }
}

const LINE = encodeChunk({
  seq: 1,
  timestamp: "2026-11-24T12:00:00.000000Z",
  output_type: "stdout",
  data: "a line of a child\n",
});

async function times(count: number, work: () => Promise<void>): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, one));
}
