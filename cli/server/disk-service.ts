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

/** How often a low disk is looked at: nothing may ask while all clients wait. */
const LOOK_MS = 1_000;

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
  const room = new Room(state);
  const server = http.createServer(({ headers, url = "" }, response) => {
    if (headers["disk-key"] !== key) {
      response.writeHead(403).end();
      return;
    }
    const [, id] = SHRINK.exec(url) ?? [];
    if (id !== undefined) shrink(join(executions, `${id}.sqlite`));
    if (url === "/reserve") response.end(room.isLow() ? "low" : "has room");
    else response.end(isFull(state) ? "full" : "has room");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const close = () => {
    room.close();
    server.close();
    server.closeAllConnections();
  };
  return { address: `127.0.0.1:${port}`, close };
}

/** The room on a folder's disk. It logs once that only the reserve is left, and once that this is over. */
class Room {
  readonly #folder: string;
  #look: NodeJS.Timeout | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  isLow(): boolean {
    const is_low = isLow(this.#folder);
    if (is_low && this.#look === undefined) {
      logServer(
        "warn",
        `Only the reserve of the disk of ${this.#folder} is left: new executions and output wait or are refused. Make room; the server then goes on by itself.`,
      );
      this.#look = setInterval(() => this.isLow(), LOOK_MS).unref();
    } else if (!is_low && this.#look !== undefined) {
      this.close();
      logServer("info", `The disk of ${this.#folder} has room again: executions and output go on.`);
    }
    return is_low;
  }

  close(): void {
    clearInterval(this.#look);
    this.#look = undefined;
  }
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
