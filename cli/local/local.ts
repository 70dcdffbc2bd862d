import { hostname } from "node:os";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { TailraceError } from "../../protocol/base/errors.ts";
import type { Client } from "../../protocol/client/client.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";
import type { ServerOptions } from "../server/running.ts";
import { startServer } from "../server/server.ts";
import { clientFor } from "../settings/connect.ts";
import { AgentProcess } from "./agent-process.ts";
import { agentProgram } from "./agent-program.ts";

/** How long the agent may take to connect. */
const AGENT_READY_MS_MAX = 30_000;

export interface Local {
  url: string;
  client: Client;
  stop: () => Promise<void>;
}

/** Starts the server and one agent, and resolves once an action can run. */
export async function startLocal(
  options: ServerOptions & { agentArgs?: string[]; onLine: (line: string) => void },
): Promise<Local> {
  const { state, onLine, agentArgs: args = [] } = options;
  const server = await startServer(options);
  const { url, apiKey } = server;
  const client = clientFor({ url, key: apiKey });
  try {
    writeWhole(join(state, "env"), `export TAILRACE_URL='${url}'\nexport TAILRACE_API_KEY='${apiKey}'\n`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const key = () => poolKey(client, state, onLine);
  const agentState = join(state, "agent");
  const program = await agentProgram(agentState);
  const agent = new AgentProcess({ program, url, key, state: agentState, name: hostname(), args, onLine });
  const stop = async () => {
    await agent.stop();
    await server.stop();
  };
  try {
    await connected(client);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, client, stop };
}

/**
 * The key of the default pool, with which the agent registers. A new one is created if the server does not know the stored one:
 * it was deleted, or the index is a new one.
 */
async function poolKey(client: Client, state: string, onLine: (line: string) => void): Promise<string> {
  const file = join(state, "agent.key");
  const kept = readOptional(file)?.trim();
  if (kept && (await isKnown(client.url, kept))) return kept;
  if (kept !== undefined) onLine("the server does not know the stored key of the pool: creating a new one");
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  writeWhole(file, `${key}\n`);
  return key;
}

/** Whether the server knows a pool's key. Such a key may not ask for its user: `forbidden` means that it is known. */
async function isKnown(url: string, key: string): Promise<boolean> {
  try {
    await clientFor({ url, key }).user();
    return true;
  } catch (error) {
    if (!(error instanceof TailraceError)) throw error;
    if (error.code === "unauthorized") return false;
    if (error.code === "forbidden") return true;
    throw error;
  }
}

async function connected(client: Client): Promise<void> {
  const deadline = performance.now() + AGENT_READY_MS_MAX;
  while (performance.now() < deadline) {
    if ((await client.agents()).length > 0) return;
    await pause(20);
  }
  throw new CliError("The agent did not connect. Fix what its messages above report, then start again.");
}
