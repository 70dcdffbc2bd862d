import { Client } from "../../../protocol/client/client.ts";
import type { OutputType } from "../../../protocol/wire/chunk.ts";
import { clientOf } from "../../support/test-agent.ts";
import type { Outcome, Seen } from "../facts.ts";
import type { Random } from "../random.ts";
import { readByClient, readPages } from "./clients.ts";
import { readByCommand } from "./command.ts";
import { type Behaviour, Pace } from "./pace.ts";
import { readEvents, readLines, readStream, readText } from "./plain.ts";
import { boundedFetch, failed, promptFetch, type Reading, untilEnded } from "./reading.ts";
import { Recording } from "./recording.ts";

const READERS = {
  websocket: (reading) => readByClient(reading, "websocket"),
  sse: (reading) => readByClient(reading, "sse"),
  ndjson: (reading) => readByClient(reading, "ndjson"),
  pages: readPages,
  lines: readLines,
  events: readEvents,
  stream: readStream,
  text: readText,
  command: readByCommand,
} satisfies Record<string, (reading: Reading) => Promise<Outcome>>;

export type FollowerKind = keyof typeof READERS;
export const FOLLOWER_KINDS = Object.keys(READERS) as FollowerKind[];

/** The weight of each kind: a process costs most. */
const KINDS: readonly (readonly [FollowerKind, number])[] = [
  ["websocket", 4],
  ["sse", 3],
  ["ndjson", 3],
  ["pages", 1],
  ["lines", 2],
  ["events", 3],
  ["stream", 1],
  ["text", 2],
  ["command", 0.3],
];

const PACES: readonly (readonly [Behaviour, number])[] = [
  ["eager", 5],
  ["slow", 2],
  ["stalling", 1],
  ["vanishing", 3],
];

/** A follower's start: the whole log, only new chunks, after a part of the log, or the last lines. */
const STARTS = ["beginning", "now", "middle", "tail"] as const;
type Start = (typeof STARTS)[number];

export interface FollowerOptions {
  url: string;
  key: string;
  execution: string;
  random: Random;
  kind?: FollowerKind;
  behaviour?: Behaviour;
  start?: Start;
  signal: AbortSignal;
}

export interface Follower {
  kind: FollowerKind;
  seen: Seen;
  /** When the last chunk, or the end, came; undefined before the first. */
  readonly last_arrival_ms: number | undefined;
  done: Promise<Outcome>;
}

/** Starts a reader of an execution. Its form, its start and its pace are drawn if they are not given. */
export function startFollower(options: FollowerOptions): Follower {
  const { url, key, execution, random, signal } = options;
  const kind = options.kind ?? random.weighted(KINDS);
  const behaviour = options.behaviour ?? random.weighted(PACES);
  const start = WHOLE.includes(kind) ? "beginning" : (options.start ?? startIn(random));
  const type: OutputType | undefined =
    kind !== "stream" && random.chance(0.2) ? random.pick(["stdout", "stderr"]) : undefined;
  const recording = new Recording([kind, behaviour, start, type ?? "all"].join(" "), type);
  const client = clientOf(url, key);
  const to = { url, key, fetch: boundedFetch, socket: (address: string) => new WebSocket(address) };
  const tail = start === "tail" ? random.integer(0, 30) : undefined;
  const pace = new Pace(behaviour, random.fork("pace"), signal);
  const reading: Reading = { client, to, execution, type, tail, recording, pace, signal };
  const share = start === "now" ? 1 : start === "middle" ? random.next() : 0;
  const done = follow(reading, kind, share).then((outcome) => {
    recording.seen.outcome = outcome;
    return outcome;
  });
  return {
    kind,
    seen: recording.seen,
    get last_arrival_ms() {
      return recording.last_arrival_ms;
    },
    done,
  };
}

/** Forms whose reader begins again after a cut, and so has no cursor. */
const WHOLE: readonly FollowerKind[] = ["stream", "text"];

function startIn(random: Random): Start {
  return random.chance(0.6) ? "beginning" : random.pick(STARTS);
}

async function follow(reading: Reading, kind: FollowerKind, share: number): Promise<Outcome> {
  const { seen } = reading.recording;
  if (reading.tail === undefined) {
    const placed = await place(reading, share);
    if (placed.how !== "end") return placed;
  }
  try {
    return await READERS[kind](reading);
  } catch (error) {
    return failed(error);
  } finally {
    // A reader that began again has counted from the beginning.
    if (WHOLE.includes(kind)) seen.after = 0;
  }
}

/** Finds the cursor to begin at: a share of the log's current length. */
async function place(reading: Reading, share: number): Promise<Outcome> {
  const { seen } = reading.recording;
  if (share === 0) {
    seen.after = 0;
    return { how: "end" };
  }
  return await untilEnded(reading, async () => {
    const client = new Client({ ...reading.to, fetch: promptFetch });
    const { output } = await client.get(reading.execution);
    seen.after = Math.floor((output?.last_seq ?? 0) * share);
    return "ended";
  });
}
