import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { PING_MS, SLOTS_MAX } from "../../protocol/base/limits.ts";
import { Client } from "../../protocol/client/client.ts";
import type { PoolMessage } from "../../protocol/wire/agent.ts";
import { PROTOCOL_VERSION } from "../../protocol/wire/version.ts";
import { scratch } from "../scratch.ts";
import type { Stream, System } from "./system.ts";

const ROOT = resolve(import.meta.dirname, "../..");

/** A server as a user starts it, without an agent. It has its own process, because the load runs in this one. */
export interface TailraceServer {
  url: string;
  key: string;
  /** The engine's process, and the process that has started it. */
  pid: number;
  server_pid: number;
  client: Client;
  /** Runs a statement in the index. */
  sql: (statement: string) => Promise<void>;
  stop: () => Promise<void>;
}

/** `more` has settings to replace, and a Worker in place of the usual one. */
export async function startTailrace(
  state = scratch(),
  port = 0,
  more: { vars?: Record<string, number>; entry?: string } = {},
): Promise<TailraceServer> {
  const program = resolve(ROOT, "bench/systems/serve.ts");
  const child = spawn(process.execPath, [program, state, String(port), JSON.stringify(more)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout);
  const [line] = (await once(lines, "line")) as [string];
  const { url, key, pid }: { url: string; key: string; pid: number } = JSON.parse(line);
  const client = new Client({
    url,
    key,
    fetch,
    socket: (address, headers) => new WebSocket(address, { headers }),
  });
  const sql = async (statement: string) => {
    child.stdin.write(`${JSON.stringify(statement)}\n`);
    await once(lines, "line");
  };
  const stop = async () => {
    child.stdin.end();
    await once(child, "exit");
  };
  return { url, key, pid, server_pid: child.pid ?? 0, client, sql, stop };
}

/** Connects a new agent of the default pool, with the most slots. `given` gets each execution and its token. */
export async function connectAgent(
  { client, url }: TailraceServer,
  given: (id: string, token: string) => void,
): Promise<{ close: () => void }> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/agent/v1/pools/default/connect`, {
    headers: { "st2-api-key": await agentSecret(client) },
  });
  await once(socket, "open");
  socket.addEventListener("message", ({ data }) => {
    if (data === "pong") return;
    const message: PoolMessage = JSON.parse(String(data));
    if (message.type !== "lease") return;
    const { execution_id, epoch } = message.execution;
    socket.send(JSON.stringify({ type: "accepted", execution_id, epoch }));
    given(execution_id, message.token);
  });
  socket.send(
    JSON.stringify({
      type: "hello",
      protocol: PROTOCOL_VERSION,
      name: "bench",
      version: "0",
      slots: SLOTS_MAX,
      runners: ["local-shell-cmd"],
      packs: [{ ref: "core", version: "", digest: "0".repeat(64) }],
      leases: [],
    }),
  );
  const ping = setInterval(() => socket.send("ping"), PING_MS);
  const close = () => {
    clearInterval(ping);
    socket.close();
  };
  return { close };
}

/** Registers the one action that the load runs. */
export async function registerLocal(client: Client): Promise<void> {
  await client.register({
    actions: [
      {
        pack: "core",
        name: "local",
        description: "",
        enabled: true,
        entry_point: "",
        runner_type: "local-shell-cmd",
        parameters: {},
        tags: [],
      },
    ],
  });
}

/** The secret of a new agent of the default pool. */
async function agentSecret(admin: Client): Promise<string> {
  const { key } = await admin.createKey({ user: "agent", role: "agent", pool: "default" });
  const registrar = new Client({ url: admin.url, key, fetch, socket: (address) => new WebSocket(address) });
  return (await registrar.identity.registerAgent({ name: "bench" })).secret;
}

/** Tailrace under load: this process is its agent, and posts like a real one. */
export async function tailrace(
  more: { vars?: Record<string, number>; entry?: string } = {},
): Promise<System> {
  const server = await startTailrace(scratch(), 0, more);
  const { client, url, key } = server;
  await registerLocal(client);
  const waiting = new Map<string, (token: string) => void>();
  const early = new Map<string, string>();
  const agent = await connectAgent(server, (id, token) => {
    const take = waiting.get(id);
    if (take) take(token);
    else early.set(id, token);
  });
  return {
    name: "tailrace",
    has_sockets: true,
    pid: server.pid,
    open: async (): Promise<Stream> => {
      const { id } = await client.create({ action: "core.local", parameters: { cmd: "true" } });
      const token = early.get(id) ?? (await new Promise<string>((take) => waiting.set(id, take)));
      await client.start(id, token);
      const output = `/api/v1/executions/${id}/output`;
      return {
        url,
        headers: { "st2-api-key": key },
        append_path: `/agent/v1/executions/${id}/chunks`,
        append_headers: { authorization: `Bearer ${token}` },
        sse_path: `/stream/v1/executions/${id}/output`,
        socket_path: output,
        text_path: output,
        wants_credit: true,
        close: async () => {
          await client.cancel(id);
        },
      };
    },
    stop: async () => {
      agent.close();
      await server.stop();
    },
  };
}
