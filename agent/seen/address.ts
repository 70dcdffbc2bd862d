import type { ListenOptions } from "node:net";

const PORT_MAX = 65_535;

/** Where to listen: `HOST:PORT`, or the path of a socket, which has a slash. Throws for anything else. */
export function listenAddress(text: string): ListenOptions & { path?: string } {
  if (text.includes("/")) return { path: text };
  const [, host = "", port = ""] = /^(.+):(\d{1,5})$/.exec(text) ?? [];
  if (host === "" || Number(port) > PORT_MAX)
    throw new Error(`--metrics is HOST:PORT or the path of a socket, not ${text}`);
  return { host: host.replace(/^\[(.*)\]$/, "$1"), port: Number(port) };
}
