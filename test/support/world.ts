import { onTestFinished } from "vitest";
import type { Server } from "../../cli/server/running.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { scratch } from "./scratch.ts";
import { clientOf, TestAgent } from "./test-agent.ts";

// Programs that run without Vitest import these from `scratch.ts`. Tests import everything from here.
export { ROOT, scratch, until } from "./scratch.ts";
export { clientOf, TestAgent } from "./test-agent.ts";

/** A test file's server, agent and client. */
export interface World {
  server: Server;
  agent: TestAgent;
  client: Client;
  stop: () => Promise<void>;
}

export async function startWorld(
  options: {
    vars?: Record<string, string | number | boolean>;
    control?: string;
    agentArgs?: string[];
    agentUrl?: (url: string) => string;
    agentEnv?: NodeJS.ProcessEnv;
  } = {},
): Promise<World> {
  const { vars = {}, control, agentArgs = [], agentUrl = (url) => url, agentEnv } = options;
  const server = await startServer({
    port: 0,
    state: scratch(),
    vars,
    ...(control === undefined ? {} : { control }),
  });
  const client = clientOf(server.url, server.apiKey);
  const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
  const agent = await new TestAgent(agentUrl(server.url), key, agentArgs, undefined, undefined, agentEnv)
    .start()
    .ready();
  const stop = async () => {
    await agent.stop();
    await server.stop();
  };
  return { server, agent, client, stop };
}

/** Ends something when the test is over, also after a failure. */
export function afterTest(end: () => unknown): void {
  onTestFinished(async () => {
    await end();
  });
}
