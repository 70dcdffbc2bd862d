import { env } from "cloudflare:workers";
import { type Chunk, chunkText } from "../../../protocol/wire/chunk.ts";
import { isChunk } from "../../../protocol/wire/record.ts";
import { openStream } from "./stream.ts";
import { clientWith, fetchWorker, ORIGIN } from "./world.ts";

/** A reader's pieces in their order, and the last word. */
export interface Got {
  pieces: string[];
  /** The word that ended it: a status, `EOF`, or nothing if the form has none. */
  last: string;
}

/** One way of following an execution to its end. */
export interface Way {
  name: string;
  /** Whether it can begin behind a sequence number. */
  resumes: boolean;
  /** Resolves when the reader is connected. `got` resolves when it has reached the end. */
  follow: (id: string, after?: number) => Promise<Reading>;
}

/** A reader that is connected. */
export interface Reading {
  got: Promise<Got>;
}

const headers = { "st2-api-key": env.TAILRACE_API_KEY };

async function get(path: string, more: Record<string, string> = {}): Promise<Response> {
  const response = await fetchWorker(ORIGIN + path, { headers: { ...headers, ...more } });
  if (!response.ok && response.status !== 101)
    throw new Error(`${response.status}: ${await response.text()}`);
  return response;
}

async function readText(response: Response): Promise<Got> {
  return { pieces: [await response.text()], last: "" };
}

async function readNdjson(response: Response): Promise<Got> {
  const got: Got = { pieces: [], last: "" };
  const text = new TextDecoder().decode(await response.arrayBuffer());
  for (const line of text.split("\n")) if (line !== "") take(got, line);
  return got;
}

function take(got: Got, line: string): void {
  const record = JSON.parse(line);
  if (isChunk(record)) got.pieces.push(chunkText(record as Chunk));
  else if (record.event === "end") got.last = record.status;
}

async function readEvents(response: Response): Promise<Got> {
  const got: Got = { pieces: [], last: "" };
  for (const block of (await response.text()).split("\n\n")) {
    const name = /^event: (.*)$/m.exec(block)?.[1];
    const data = /^data: (.*)$/m.exec(block)?.[1] ?? "";
    if (name === "st2.execution.output__create") got.pieces.push(JSON.parse(data).data);
    if (name !== undefined) got.last = name;
  }
  return got;
}

async function readSocket(response: Response): Promise<Got> {
  const socket = response.webSocket;
  if (!socket) throw new Error("no WebSocket");
  const got: Got = { pieces: [], last: "" };
  return new Promise((resolve) => {
    socket.addEventListener("message", ({ data }) => {
      for (const line of String(data).split("\n")) if (line !== "") take(got, line);
    });
    socket.addEventListener("close", () => resolve(got));
    socket.accept();
  });
}

const over =
  (path: (id: string) => string, read: (response: Response) => Promise<Got>, more = {}) =>
  async (id: string, after = 0) => ({
    got: read(await get(`${path(id)}${path(id).includes("?") ? "&" : "?"}after=${after}`, more)),
  });

/** The part of the global stream about one execution. */
const stream = (query: (id: string) => string) => async (id: string) => {
  const reader = await openStream(`/stream/v1/stream?${query(id)}`);
  const got = reader.all().then((all) => {
    const own = all.filter(({ body }) => body.id === id || body.execution_id === id);
    return {
      pieces: own.flatMap(({ body }) => (body.execution_id === id ? [String(body.data)] : [])),
      last: String(own.at(-1)?.body.status),
    };
  });
  return { got };
};

const EVENTS = "events=st2.execution__update,st2.execution.output__create";
const END = (id: string) => `${EVENTS}&end_event=st2.execution__update&end_execution_id=${id}`;

/** Every way to follow an execution to its end. */
const ALL: Way[] = [
  {
    name: "text",
    resumes: true,
    follow: over((id) => `/api/v1/executions/${id}/output`, readText),
  },
  {
    name: "NDJSON",
    resumes: true,
    follow: over((id) => `/api/v1/executions/${id}/output?format=ndjson`, readNdjson),
  },
  {
    name: "server-sent events",
    resumes: true,
    follow: over((id) => `/api/v1/executions/${id}/output`, readEvents, { accept: "text/event-stream" }),
  },
  {
    name: "StackStorm's output stream",
    resumes: true,
    follow: over((id) => `/stream/v1/executions/${id}/output`, readEvents),
  },
  {
    name: "a WebSocket",
    resumes: true,
    follow: over((id) => `/api/v1/executions/${id}/output`, readSocket, { upgrade: "websocket" }),
  },
  {
    name: "a WebSocket that is filtered",
    resumes: true,
    follow: over((id) => `/api/v1/executions/${id}/output?output_type=stdout`, readSocket, {
      upgrade: "websocket",
    }),
  },
  { name: "the event stream", resumes: false, follow: stream(END) },
  {
    name: "the event stream of a tree",
    resumes: false,
    follow: stream((id) => `${END(id)}&parent=${id}`),
  },
  {
    name: "the shipped client",
    resumes: true,
    follow: async (id, after = 0) => ({ got: readShipped(id, after) }),
  },
];

/** Below relays, the ways that differ in what they ask of an object: the others only write what it sends in other formats. */
const RELAYED = ["text", "a WebSocket", "the event stream"];

/** The ways to follow an execution to its end, for the settings of the server under test. */
export const WAYS = env.FOLLOWERS_PER_OBJECT === 0 ? ALL.filter(({ name }) => RELAYED.includes(name)) : ALL;

async function readShipped(id: string, after: number): Promise<Got> {
  const got: Got = { pieces: [], last: "" };
  for await (const record of clientWith().follow(id, { after, transport: "sse" })) {
    if (isChunk(record)) got.pieces.push(chunkText(record));
    else if (record.event === "end") got.last = record.status;
  }
  return got;
}
