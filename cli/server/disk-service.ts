import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { isFull } from "../base/disk.ts";
import { http } from "../base/http.ts";

/**
 * Tells the Worker, which sees no disk, whether the state folder's is full. It answers only to the key: every user of the machine
 * can reach its port.
 */
export async function serveDisk(state: string, key: string): Promise<{ address: string; close: () => void }> {
  const server = http.createServer(({ headers }, response) => {
    if (headers["disk-key"] === key) response.end(isFull(state) ? "full" : "has room");
    else response.writeHead(403).end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `127.0.0.1:${port}`, close };
}
