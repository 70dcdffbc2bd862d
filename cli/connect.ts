import { Client } from "../protocol/client.ts";
import { type Config, type ConfigFlags, readConfig } from "./config.ts";

/** The client for a command's flags. */
export function connect(flags: ConfigFlags): Client {
  return clientFor(readConfig(flags));
}

/** A client over Node's own fetch and WebSocket, which takes headers. */
export function clientFor({ url, key }: Pick<Config, "url" | "key">): Client {
  return new Client({ url, key, fetch, socket: (address, headers) => new WebSocket(address, { headers }) });
}
