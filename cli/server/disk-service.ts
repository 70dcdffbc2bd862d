import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { failureText } from "../../protocol/base/failure-text.ts";
import { isFull, isLow } from "../base/disk.ts";
import { http } from "../base/http.ts";
import { logServer } from "../base/server-log.ts";
import { shrinkOpen } from "./shrink.ts";

/** The path of a request to shrink the database of an execution's object, by the object's id. */
const SHRINK = /^\/shrink\/([0-9a-f]{64})$/;

export interface DiskOptions {
  /** It answers only to this key: every user of the machine can reach its port. */
  key: string;
  state: string;
  /** The folder of the databases of executions. */
  executions: string;
}

/**
 * Does for the Worker what needs the disk, which it does not see: tells whether the disk of the state folder is full, or only its
 * reserve is left, and shrinks the database of an object.
 */
export async function serveDisk({
  key,
  state,
  executions,
}: DiskOptions): Promise<{ address: string; close: () => void }> {
  const server = http.createServer(({ headers, url = "" }, response) => {
    if (headers["disk-key"] !== key) {
      response.writeHead(403).end();
      return;
    }
    const [, id] = SHRINK.exec(url) ?? [];
    if (id !== undefined) shrink(join(executions, `${id}.sqlite`));
    if (url === "/reserve") response.end(isLow(state) ? "low" : "has room");
    else response.end(isFull(state) ? "full" : "has room");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { address: `127.0.0.1:${port}`, close };
}

function shrink(file: string): void {
  try {
    shrinkOpen(file);
  } catch (error) {
    logServer(
      "warn",
      `${file} keeps its size until the next start, when it is tried again: ${failureText(error)}`,
    );
  }
}
