import { hostname } from "node:os";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";
import { startBuilt } from "../server/built-server.ts";
import { type Answer, request } from "../server/request.ts";
import type { Server, ServerOptions } from "../server/running.ts";
import { AgentProcess } from "./agent-process.ts";
import type { Programs } from "./kept-programs.ts";

/** How long the agent may take to connect. */
const AGENT_READY_MS_MAX = 30_000;

export interface Local {
  /** The address on this host. */
  url: string;
  /** The address for others. */
  public_url: string;
  key: string;
  /** Lets the agent's runs end, and resolves once the agent has stopped. The server goes on. */
  drain: () => Promise<void>;
  /** Stops the agent with its runs, then the server. */
  stop: () => Promise<void>;
}

export interface LocalOptions extends ServerOptions {
  agentArgs?: string[];
  /** Receives the log lines of the agent. */
  onLine: (line: string) => void;
}

/** Starts the server and one agent, and resolves once an action can run. */
export async function startLocal(options: LocalOptions, { scripts, agent }: Programs): Promise<Local> {
  const { state, onLine, agentArgs: args = [] } = options;
  const server = await startBuilt(options, scripts);
  const { url, public_url, apiKey } = server;
  const agentState = join(state, "agent");
  let program: string[];
  try {
    writeWhole(join(state, "env"), `export TAILRACE_URL='${url}'\nexport TAILRACE_API_KEY='${apiKey}'\n`);
    program = agent(agentState);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const key = () => poolKey(server, state, onLine);
  const running = new AgentProcess({ program, url, key, state: agentState, name: hostname(), args, onLine });
  const stop = async () => {
    await running.stop();
    await server.stop();
  };
  try {
    await connected(server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, public_url, key: apiKey, drain: () => running.drain(), stop };
}

/**
 * The key of the default pool, with which the agent registers. A new one is created if the server does not know the stored one:
 * it was deleted, or the index is a new one.
 */
async function poolKey(server: Server, state: string, onLine: (line: string) => void): Promise<string> {
  const file = join(state, "agent.key");
  const kept = readOptional(file)?.trim();
  if (kept && (await isKnown(server, kept))) return kept;
  if (kept !== undefined) onLine("the server does not know the stored key of the pool: creating a new one");
  const answer = await call(server, "POST", "/api/v1/apikeys", {
    user: "agent",
    role: "agent",
    pool: "default",
  });
  const { key } = JSON.parse(expected(answer)) as { key: string };
  writeWhole(file, `${key}\n`);
  return key;
}

/** Whether the server knows a pool's key. Such a key may not ask for its user: 403 means that it is known. */
async function isKnown(server: Server, key: string): Promise<boolean> {
  const answer = await request(`${server.url}/api/v1/user`, { headers: { "st2-api-key": key } });
  if (answer.status === 401) return false;
  if (answer.status !== 403) expected(answer);
  return true;
}

async function connected(server: Server): Promise<void> {
  const deadline = performance.now() + AGENT_READY_MS_MAX;
  while (performance.now() < deadline) {
    const answer = await call(server, "GET", "/api/v1/pools/default/agents");
    if ((JSON.parse(expected(answer)) as unknown[]).length > 0) return;
    await pause(20);
  }
  throw new CliError("The agent did not connect. Fix what its messages above report, then start again.");
}

/** A request with the first key. */
function call({ url, apiKey }: Server, method: string, path: string, body?: object): Promise<Answer> {
  return request(url + path, {
    method,
    headers: { "st2-api-key": apiKey },
    ...(body === undefined ? {} : { body }),
  });
}

/** The text of a successful answer. */
function expected({ status, text }: Answer): string {
  if (status >= 300) throw new Error(`the server answered ${status}: ${text}`);
  return text;
}
