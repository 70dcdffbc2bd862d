import { Agent, get, request } from "node:http";
import { encodeChunk } from "../protocol/chunk.ts";
import type { Stream } from "./systems/system.ts";

/** What every line of load carries: 100 bytes. */
const LINE_BYTES = 100;

/** The text that the last line of a run has, by which a follower knows that it has everything. */
export const LAST = "the last line of the run";

const posting = new Agent({ keepAlive: true, maxSockets: 64 });
const following = new Agent({ keepAlive: false, maxSockets: Number.POSITIVE_INFINITY });

/** A line of text of exactly `LINE_BYTES`, beginning as told. */
export function line(beginning: string): string {
  return `${beginning.padEnd(LINE_BYTES - 1, ".")}\n`;
}

/** A batch in which every line is a chunk: the hard case. */
export function batchOfLines(first_seq: number, lines: number, last = false): string {
  const timestamp = "2026-11-24T12:00:00.000000Z";
  let body = "";
  for (let at = 0; at < lines; at++) {
    const text = last && at === lines - 1 ? LAST : `line ${first_seq + at} of the load`;
    body += encodeChunk({ seq: first_seq + at, timestamp, output_type: "stdout", data: line(text) });
  }
  return body;
}

/** The same lines in as few chunks as our agent makes of them. */
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
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`HTTP ${response.statusCode}`)),
        );
      },
    );
    post.on("error", reject);
    post.end(body);
  });
}

/** One follower. `onText` gets what came; `bytes` counts it; `done` resolves with the last line. */
export interface LoadFollower {
  bytes: number;
  done: Promise<void>;
  close: () => void;
}

function newFollower(): { follower: LoadFollower; finish: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { follower: { bytes: 0, done: promise, close: () => undefined }, finish: resolve };
}

type OnData = (data: Buffer | string) => void;

/** Follows by HTTP (events or text): reads, counts, and looks for the last line. */
export async function followHttp(stream: Stream, path: string, onData?: OnData): Promise<LoadFollower> {
  const marker = Buffer.from(LAST);
  const { follower, finish } = newFollower();
  let tail: Buffer = Buffer.alloc(0);
  await new Promise<void>((opened, failed) => {
    const following_request = get(
      stream.url + path,
      { agent: following, headers: stream.headers },
      (response) => {
        if (response.statusCode !== 200) failed(new Error(`HTTP ${response.statusCode}`));
        response.on("data", (data: Buffer) => {
          follower.bytes += data.length;
          onData?.(data);
          const end = data.length > 1024 ? data.subarray(-1024) : Buffer.concat([tail, data]).subarray(-1024);
          tail = end;
          if (end.includes(marker)) finish();
        });
        response.on("error", () => undefined);
        opened();
      },
    );
    following_request.on("error", failed);
    follower.close = () => following_request.destroy();
  });
  return follower;
}

/** Follows by WebSocket, and grants credit for what it has consumed. */
export async function followSocket(stream: Stream, path: string, onData?: OnData): Promise<LoadFollower> {
  const { follower, finish } = newFollower();
  const socket = new WebSocket(stream.url.replace("http", "ws") + path, { headers: stream.headers });
  let consumed = 0;
  socket.addEventListener("message", ({ data }) => {
    const text = String(data);
    follower.bytes += text.length;
    consumed += text.length;
    if (consumed > 200_000) {
      socket.send(`{"credit":${consumed}}`);
      consumed = 0;
    }
    onData?.(text);
    if (text.includes(LAST, Math.max(0, text.length - 1024))) finish();
  });
  await new Promise((opened, failed) => {
    socket.addEventListener("open", opened);
    socket.addEventListener("error", () => failed(new Error(`no WebSocket at ${path}`)));
  });
  follower.close = () => socket.close();
  return follower;
}

/** Follows by what is named. */
export function follow(stream: Stream, how: "sse" | "websocket", onData?: OnData): Promise<LoadFollower> {
  if (how === "sse") return followHttp(stream, stream.sse_path, onData);
  if (stream.socket_path === undefined) throw new Error("this system has no sockets");
  return followSocket(stream, stream.socket_path, onData);
}

/** Rejects after a time: no measurement waits for ever. */
export function within<T>(promise: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not done within ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
