import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { scratch } from "../scratch.ts";
import type { Stream, System } from "./system.ts";

const BENCH = resolve(import.meta.dirname, "..");

/** The minimal Worker, on the same engine, with the same kind of socket and of disk. */
export function minimalWorker(): Promise<System> {
  return reference("minimal worker", true, [resolve(BENCH, "systems/serve-minimal.ts"), scratch()]);
}

/** The minimal Node server. */
export function plainNode(): Promise<System> {
  return reference("plain node", false, [resolve(BENCH, "plain-node.ts")]);
}

async function reference(name: string, has_sockets: boolean, args: string[]): Promise<System> {
  const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const [port, pid = String(child.pid)] = line.split(" ");
  let streams = 0;
  return {
    name,
    has_sockets,
    pid: Number(pid),
    open: async (): Promise<Stream> => {
      const path = `/stream-${++streams}`;
      return {
        url: `http://127.0.0.1:${port}`,
        headers: {},
        append_path: `${path}/append`,
        append_headers: {},
        sse_path: `${path}/sse`,
        socket_path: has_sockets ? `${path}/ws` : undefined,
        text_path: undefined,
        wants_credit: false,
        close: async () => undefined,
      };
    },
    stop: async () => {
      child.stdin.end();
      await once(child, "exit");
    },
  };
}
