import { resolve } from "node:path";
import { scratch } from "../scratch.ts";
import { served } from "./served.ts";
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
  const { url, pid, stop } = await served(args);
  let streams = 0;
  const open = async (): Promise<Stream> => {
    const path = `/stream-${++streams}`;
    return {
      url,
      headers: {},
      append_path: `${path}/append`,
      append_headers: {},
      sse_path: `${path}/sse`,
      socket_path: has_sockets ? `${path}/ws` : undefined,
      text_path: undefined,
      wants_credit: false,
      close: async () => undefined,
    };
  };
  return { name, has_sockets, pid, open, stop };
}
