import { Agent, request } from "node:http";
import { connect } from "node:net";
import { encodeChunk } from "../protocol/wire/line.ts";
import type { Stream } from "./systems/system.ts";

/** The text of every line of load: 100 bytes. */
const LINE_BYTES = 100;

/** The text of a run's last line: a follower that gets it has everything. */
export const LAST = "the last line of the run";

const posting = new Agent({ keepAlive: true, maxSockets: 64 });

/** A line of exactly `LINE_BYTES` with this beginning. */
export function line(beginning: string): string {
  return `${beginning.padEnd(LINE_BYTES - 1, ".")}\n`;
}

/** A batch in which every line is a chunk: the most expensive case. */
export function batchOfLines(first_seq: number, lines: number, last = false): string {
  const timestamp = "2026-11-24T12:00:00.000000Z";
  let body = "";
  for (let at = 0; at < lines; at++) {
    const text = last && at === lines - 1 ? LAST : `line ${first_seq + at} of the load`;
    body += encodeChunk({ seq: first_seq + at, timestamp, output_type: "stdout", data: line(text) });
  }
  return body;
}

/** The same lines in as few chunks as the agent would make. */
export function batchOfFewChunks(first_seq: number, lines: number): { body: string; chunks: number } {
  const per_chunk = 640;
  let body = "";
  let chunks = 0;
  for (let done = 0; done < lines; done += per_chunk) {
    const data = line("lines of the load").repeat(Math.min(per_chunk, lines - done));
    body += encodeChunk({
      seq: first_seq + chunks,
      timestamp: "2026-11-24T12:00:00.000000Z",
      output_type: "stdout",
      data,
    });
    chunks++;
  }
  return { body, chunks };
}

/** Posts a batch, and resolves once it is acknowledged. */
export function append(stream: Stream, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const post = request(
      stream.url + stream.append_path,
      {
        method: "POST",
        agent: posting,
        headers: { ...stream.append_headers, "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        let answer = "";
        response.on("data", (part) => {
          answer += part;
        });
        response.on("end", () =>
          isSuccess(response.statusCode)
            ? resolve()
            : reject(new Error(`HTTP ${response.statusCode}: ${answer}`)),
        );
      },
    );
    post.on("error", reject);
    post.end(body);
  });
}

function isSuccess(status = 0): boolean {
  return status >= 200 && status < 300;
}

/** One follower. `bytes` counts what it has received; `done` resolves with the last line. */
export interface LoadFollower {
  bytes: number;
  done: Promise<void>;
  close: () => void;
}

function newFollower(): { follower: LoadFollower; finish: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { follower: { bytes: 0, done: promise, close: () => undefined }, finish: resolve };
}

type OnData = (data: Buffer) => void;

/** Follows by HTTP (events or text): reads, counts, and looks for the last line. */
export function followHttp(stream: Stream, path: string, onData?: OnData): Promise<LoadFollower> {
  return followRaw(stream, path, stream.headers, onData);
}

/** Follows by WebSocket, and grants credit for what it has consumed. */
export function followSocket(stream: Stream, path: string, onData?: OnData): Promise<LoadFollower> {
  const upgrade = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  return followRaw(
    stream,
    path,
    { ...stream.headers, ...upgrade },
    onData,
    stream.wants_credit ? GRANT_BYTES : undefined,
  );
}

const GRANT_BYTES = 128 * 1024;

/**
 * Reads a response directly from its socket, with its framing. Node's own clients cost as much as the servers under test,
 * and the load must not be what is measured.
 */
async function followRaw(
  stream: Stream,
  path: string,
  headers: Record<string, string>,
  onData: OnData | undefined,
  grant_bytes = Number.POSITIVE_INFINITY,
): Promise<LoadFollower> {
  const marker = Buffer.from(LAST);
  const { follower, finish } = newFollower();
  const { host, hostname, port } = new URL(stream.url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  follower.close = () => socket.destroy();
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n${lines.join("")}\r\n`);
  let tail: Buffer = Buffer.alloc(0);
  let granted = 0;
  await new Promise<void>((opened, failed) => {
    let head = "";
    socket.on("error", (error) =>
      failed(new Error(`${path}: ${error.message} after ${follower.bytes} bytes`)),
    );
    socket.on("data", (data: Buffer) => {
      if (head !== "open") {
        head += data.toString("latin1");
        if (!head.includes("\r\n\r\n")) return;
        if (!/^HTTP\/1\.1 (101|200) /.test(head)) failed(new Error(head.split("\r\n")[0]));
        head = "open";
        opened();
      }
      follower.bytes += data.length;
      onData?.(data);
      tail =
        data.length > TAIL_BYTES
          ? data.subarray(-TAIL_BYTES)
          : Buffer.concat([tail, data]).subarray(-TAIL_BYTES);
      if (tail.includes(marker)) finish();
      if (follower.bytes - granted < grant_bytes) return;
      socket.write(textFrame(`{"credit":${follower.bytes - granted}}`));
      granted = follower.bytes;
    });
  });
  return follower;
}

/** Bytes of the stream's end that are kept, to find the last line. */
const TAIL_BYTES = 1024;

/** A short text message as a client sends it: masked, here with zeros. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** Follows by the named transport. */
export function follow(stream: Stream, how: "sse" | "websocket", onData?: OnData): Promise<LoadFollower> {
  if (how === "sse") return followHttp(stream, stream.sse_path, onData);
  if (stream.socket_path === undefined) throw new Error("this system has no sockets");
  return followSocket(stream, stream.socket_path, onData);
}

/** Rejects after a time, so that no measurement waits forever. */
export function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
