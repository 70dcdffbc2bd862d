import { env, exports } from "cloudflare:workers";
import { decode } from "hono/jwt";
import { newId } from "../../../protocol/base/id.ts";
import { PING_MS, PING_MS_MAX } from "../../../protocol/base/limits.ts";
import { Client } from "../../../protocol/client/client.ts";
import type { CreateExecution } from "../../../protocol/model/execution.ts";
import type { AnnouncedPack, LeasedExecution, LeaseKey, PoolMessage } from "../../../protocol/wire/agent.ts";
import type { AgentIdentity } from "../../../protocol/wire/agent-identity.ts";
import type { Chunk } from "../../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../../protocol/wire/line.ts";
import { PROTOCOL_VERSION } from "../../../protocol/wire/version.ts";
import type { LeaseClaims } from "../../../src/crypto/lease.ts";
import { oncePerFile } from "./once-per-file.ts";

export const ORIGIN = "http://tailrace.test";

/** A fetch that reaches the Worker under test. */
export const fetchWorker: typeof fetch = (input, init) => exports.default.fetch(new Request(input, init));

/** Opens a WebSocket to the Worker under test. Like a runtime's own, it is open a moment later. */
async function connect(path: string, headers: Record<string, string>): Promise<WebSocket> {
  const response = await fetchWorker(ORIGIN + path, { headers: { ...headers, upgrade: "websocket" } });
  const socket = response.webSocket;
  if (!socket) throw new Error(`no WebSocket: ${response.status} ${await response.text()}`);
  return socket;
}

/** The shipped client, with a key. */
export function clientWith(key: string = env.TAILRACE_API_KEY): Client {
  return new Client({
    url: ORIGIN,
    key,
    fetch: fetchWorker,
    socket: () => {
      throw new Error("inside the Worker's runtime, sockets are opened by fetch");
    },
  });
}

/** A test agent's credential: its identity, or a pool's key, as agents before identities used. */
type Way = { identity: AgentIdentity } | { legacy: { id: string; pool: string; key: string } };

/** The key of a pool, made once. */
export const poolKey = oncePerFile(async (pool: string): Promise<string> => {
  const { key } = await clientWith().createKey({ user: "agent", role: "agent", pool });
  return key;
});

/** The holder of a token's lease, as its execution knows it. */
export function holderOf(token: string): LeaseClaims {
  return decode(token).payload as unknown as LeaseClaims;
}

/** The packs of the tests' actions. Their agents have all of them. */
export const PACKS = ["core", "chains", "kept", "limited", "made", "other", "shown", "typed", "updated"];

/** Packs as an agent announces them. */
export function announcedPacks(...refs: string[]): AnnouncedPack[] {
  return refs.map((ref) => ({ ref, version: "1.0.0", digest: "0".repeat(64) }));
}

/** An agent under the test's control, with the pool's messages one at a time. */
export class TestAgent {
  readonly #way: Way;
  readonly #socket: WebSocket;
  readonly #inbox: PoolMessage[] = [];
  #wake: (() => void) | undefined;
  readonly flushes: number[] = [];
  readonly confirmed: LeaseKey[] = [];
  closed = false;
  #closing = "";

  private constructor(way: Way, socket: WebSocket) {
    this.#way = way;
    this.#socket = socket;
    socket.addEventListener("message", ({ data }) => {
      if (data === "pong") return;
      const message: PoolMessage = JSON.parse(String(data));
      // A hint that comes whenever a reader begins to follow.
      if (message.type === "flush") this.flushes.push(message.flush_ms);
      // Tests start their leases when they want.
      else if (message.type === "confirmed") this.confirmed.push(message);
      else this.#inbox.push(message);
      this.#wake?.();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      this.closed = true;
      this.#closing = ` (closed: ${code} ${reason})`;
      this.#wake?.();
    });
    socket.accept();
  }

  /** A new agent, registered with its pool's key. */
  static async connect(pool: string, key?: string): Promise<TestAgent> {
    const client = clientWith(key ?? (await poolKey(pool)));
    return TestAgent.as(await client.identity.registerAgent({ name: "test", pool }));
  }

  /** An agent that is registered, on a new connection. */
  static async as(identity: AgentIdentity): Promise<TestAgent> {
    return new TestAgent({ identity }, await connectTo(identity.pool, identity.secret));
  }

  /** An agent of a release without identities: it makes its own id, and uses its pool's key. */
  static async legacy(pool: string, id: string = newId()): Promise<TestAgent> {
    const key = await poolKey(pool);
    return new TestAgent({ legacy: { id, pool, key } }, await connectTo(pool, key));
  }

  get id(): string {
    return "identity" in this.#way ? this.#way.identity.id : this.#way.legacy.id;
  }

  get identity(): AgentIdentity {
    if (!("identity" in this.#way)) throw new Error("an agent from before there were identities has none");
    return this.#way.identity;
  }

  /** The same agent on a new connection. */
  async again(): Promise<TestAgent> {
    if ("identity" in this.#way) return TestAgent.as(this.#way.identity);
    return TestAgent.legacy(this.#way.legacy.pool, this.#way.legacy.id);
  }

  say(message: unknown): void {
    this.#socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  hello(over: Record<string, unknown> = {}): void {
    const runners = ["local-shell-cmd", "local-shell-script"];
    const own = "identity" in this.#way ? { protocol: PROTOCOL_VERSION } : { agent_id: this.id };
    const packs = announcedPacks(...PACKS);
    this.say({
      type: "hello",
      ...own,
      name: "test",
      version: "0",
      slots: 4,
      runners,
      packs,
      leases: [],
      ...over,
    });
  }

  /** The next message, if one has come. */
  get next(): PoolMessage | undefined {
    return this.#inbox[0];
  }

  /** The next message, which must be of this type. */
  async expect<T extends PoolMessage["type"]>(type: T): Promise<Extract<PoolMessage, { type: T }>> {
    while (this.#inbox.length === 0 && !this.closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const message = this.#inbox.shift();
    if (message?.type !== type)
      throw new Error(`wanted ${type}, got ${JSON.stringify(message)}${this.#closing}`);
    return message as Extract<PoolMessage, { type: T }>;
  }

  /** Sends a sign of life, as an agent does all the time. */
  ping(): void {
    if (!this.closed) this.#socket.send("ping");
  }

  close(): void {
    this.#socket.close(1000, "bye");
  }
}

function connectTo(pool: string, secret: string): Promise<WebSocket> {
  return connect(`/agent/v1/pools/${pool}/connect`, { "st2-api-key": secret });
}

/** An execution that a test agent runs: created, leased, started. */
export interface Running {
  id: string;
  token: string;
  agent: TestAgent;
  execution: LeasedExecution;
}

/** Registers the actions that tests run. */
export const registerActions = oncePerFile(async (): Promise<void> => {
  const parameters = { cmd: { type: "string", required: true }, sudo: { immutable: true } };
  await clientWith().register({
    actions: [
      { ...ACTION, name: "local", parameters },
      { ...ACTION, name: "disabled", enabled: false },
      {
        ...ACTION,
        name: "login",
        parameters: { user: { type: "string" }, token: { type: "string", secret: true } },
      },
    ],
  });
});

const ACTION = {
  pack: "core",
  description: "",
  enabled: true,
  entry_point: "",
  runner_type: "local-shell-cmd" as const,
  parameters: {},
  tags: [],
};

const LOCAL = { action: "core.local", parameters: { cmd: "true" } };

/** One agent for all executions of a file, with many slots. */
const sharedAgent = oncePerFile(async (): Promise<TestAgent> => {
  const agent = await TestAgent.connect("default");
  // Its pings wait while the engine is busy with a test, and that is no loss.
  agent.hello({ slots: 256, ping_ms: PING_MS_MAX });
  await agent.expect("welcome");
  setInterval(() => agent.ping(), PING_MS);
  return agent;
});

/** Creates an execution (of core.local) and takes it as an agent would, up to the start of its process. */
export async function run(client: Client, wanted: CreateExecution = LOCAL): Promise<Running> {
  const running = await leased(client, wanted);
  await client.start(running.id, running.token);
  return running;
}

/** The same, without the start. */
export async function leased(client: Client, wanted: CreateExecution = LOCAL): Promise<Running> {
  await registerActions();
  const agent = await sharedAgent();
  const { id } = await client.create(wanted);
  const { token, execution } = await agent.expect("lease");
  if (execution.execution_id !== id) throw new Error("another test's execution");
  agent.say({ type: "accepted", execution_id: id, epoch: execution.epoch });
  return { id, token, agent, execution };
}

/** Lines of text chunks, from a sequence number on. */
export function chunks(first_seq: number, ...data: string[]): string {
  return data.map((text, index) => encodeChunk(chunk(first_seq + index, text))).join("");
}

export function chunk(seq: number, data: string, output_type: Chunk["output_type"] = "stdout"): Chunk {
  return { seq, timestamp: "2026-11-24T12:00:00.000000Z", output_type, data };
}

/** The end of a successful execution. */
export function ended(last_seq: number) {
  const result = { failed: false, succeeded: true, return_code: 0, stdout: "", stderr: "" };
  return { last_seq, status: "succeeded" as const, exit_code: 0, result };
}
