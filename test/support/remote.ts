import type { Client } from "../../protocol/client/client.ts";
import { receive } from "./reader.ts";
import type { Sshd } from "./sshd.ts";

const HOST = "127.0.0.1";

/** Starts a command on one remote host. */
export async function startRemote(
  client: Client,
  { login }: Sshd,
  cmd: string,
  more: Record<string, unknown> = {},
): Promise<string> {
  const parameters = { cmd, hosts: HOST, ...login, ...more };
  return (await client.create({ action: "core.remote", parameters })).id;
}

/** The result of an ended command on one remote host. */
export async function remoteOutcome(client: Client, id: string) {
  const received = await receive(client, id);
  const { status, result = {} } = await client.get(id);
  return { status, result, host: result[HOST] as Record<string, unknown>, ...received };
}
