import { globalAgent } from "node:https";
import { WebSocket as LeanSocket } from "ws";
import type { ClientSocket } from "../../protocol/client/client-socket.ts";
import { http } from "../base/http.ts";

/** A longer message ends the connection. The largest ones are leases, whose parameters have at most 1 MiB (`PARAMETERS_BYTES_MAX`). */
const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;

/** Messages are not compressed: they are small, and a connection that compresses holds memory for it. */
const OPTIONS = {
  perMessageDeflate: false,
  maxPayload: MESSAGE_BYTES_MAX,
  // How long a server may take to answer a close, in milliseconds. The library's types lack it.
  closeTimeout: 3_000,
};

/** Opens a WebSocket without Node's own, which loads `fetch`. It uses the same proxies and certificates. */
export function openSocket(address: string, headers: Record<string, string>): ClientSocket {
  const is_secure = address.startsWith("wss:");
  // Node's HTTP client would send the request itself to the proxy, and few proxies pass it on. Node's WebSocket asks for a tunnel.
  if (!is_secure && process.env.NODE_USE_ENV_PROXY === "1") return new WebSocket(address, { headers });
  return new LeanSocket(address, { ...OPTIONS, headers, agent: is_secure ? globalAgent : http.globalAgent });
}
