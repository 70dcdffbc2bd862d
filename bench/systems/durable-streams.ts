import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { scratch } from "../scratch.ts";
import { served } from "./served.ts";
import type { MissingPeer, Peer, Stream, System } from "./system.ts";

/** Where npm packages of peers are looked for. They are no dependencies of this project. */
const FOLDER = process.env.TAILRACE_BENCH_PEERS ?? "~/.cache/tailrace/bench-peers";
const PACKAGE = join(FOLDER.replace(/^~/, homedir()), "node_modules/@durable-streams/server");

/** The reference server of Durable Streams: in memory, or with files that it flushes before it answers. */
export function findDurableStreams(storage: "memory" | "files"): Peer | MissingPeer {
  const name = `Durable Streams, ${storage}`;
  if (!existsSync(PACKAGE))
    return { name, missing: `npm install --prefix ${FOLDER} @durable-streams/server` };
  const { version } = JSON.parse(readFileSync(join(PACKAGE, "package.json"), "utf8")) as { version: string };
  return { name, version, start: () => start(name, storage) };
}

async function start(name: string, storage: "memory" | "files"): Promise<System> {
  const script = resolve(import.meta.dirname, "serve-durable-streams.ts");
  const { url, pid, stop } = await served([script, PACKAGE, ...(storage === "files" ? [scratch()] : [])]);
  let streams = 0;
  const open = async (): Promise<Stream> => {
    const path = `/stream-${++streams}`;
    const headers = { "content-type": "text/plain" };
    const made = await fetch(url + path, { method: "PUT", headers });
    if (!made.ok) throw new Error(`${name}: HTTP ${made.status}`);
    return {
      url,
      headers: {},
      append_path: path,
      append_headers: headers,
      sse_path: `${path}?offset=-1&live=sse`,
      socket_path: undefined,
      text_path: undefined,
      wants_credit: false,
      close: async () => undefined,
    };
  };
  return { name, has_sockets: false, pid, open, stop };
}
