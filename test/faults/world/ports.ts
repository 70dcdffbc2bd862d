import { once } from "node:events";
import { createServer } from "node:net";
import type { Random } from "../random.ts";

/** Below the kernel's ports for outgoing connections, so that a free port stays free. */
const PORT_MIN = 18_000;
const PORT_MAX = 31_000;

/** Ports of loopback that nothing listens on. */
export async function freePorts(count: number, random: Random): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = random.integer(PORT_MIN, PORT_MAX);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    await once(server.listen(port, "127.0.0.1"), "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
