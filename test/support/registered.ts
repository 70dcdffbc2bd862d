import { Client } from "../../protocol/client/client.ts";
import type { AgentIdentity } from "../../protocol/wire/agent-identity.ts";

/** Registers an agent of the default pool with an administrator's client, as its first start would. */
export async function registered(admin: Client, name: string): Promise<AgentIdentity> {
  const { key } = await admin.createKey({ user: "agent", role: "agent", pool: "default" });
  const registrar = new Client({ url: admin.url, key, fetch, socket: (address) => new WebSocket(address) });
  return registrar.identity.registerAgent({ name });
}
