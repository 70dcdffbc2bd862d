import type { Status } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { type Chunk, chunkBytes } from "../../../protocol/wire/chunk.ts";
import type { EndEvent } from "../../../protocol/wire/record.ts";
import { type Facts, type Journal, NOTHING_ALLOWED, type Replay, type Seen } from "../facts.ts";
import { sumOf } from "../followers/recording.ts";
import { lineOf, type Script, streamOf, streamText } from "../programs/lines.ts";
import { checkExecution } from "./check.ts";

// Facts of a run, complete or with something wrong, for the checker's own tests.

export const ID = "6b0cd75201e08194bf23ab89";
export const LINES = 12;
export const SCRIPT: Script = {
  lines: LINES,
  width: 20,
  salt: 3,
  padding: "utf8",
  shows_secret: true,
  exit: 0,
};
export const TIMESTAMP = "2026-11-30T01:00:00.000000Z";

export function allLines(): number[] {
  return Array.from({ length: LINES }, (_, at) => at + 1);
}

export function chunkAt(seq: number, line: number): Chunk {
  return {
    seq,
    timestamp: TIMESTAMP,
    output_type: streamOf(line),
    data: lineOf(ID, SCRIPT, line).toString(),
  };
}

/** One chunk for each of these lines. */
export function chunksOf(lines: number[]): Chunk[] {
  return lines.map((line, at) => chunkAt(at + 1, line));
}

export function renumbered(chunks: Chunk[]): Chunk[] {
  return chunks.map((chunk, at) => ({ ...chunk, seq: at + 1 }));
}

export function gap(seq: number, reason: NonNullable<Chunk["gap"]>["reason"], bytes: number | null): Chunk {
  return { seq, timestamp: TIMESTAMP, output_type: "other", gap: { reason, bytes }, data: "" };
}

export function bytesOf(lines: number[]): number {
  return lines.reduce((sum, line) => sum + lineOf(ID, SCRIPT, line).length, 0);
}

/** All lines except some, with a gap in their place: for one number, or for those of a range. */
export function without(
  lines: number[],
  { reason, bytes }: NonNullable<Chunk["gap"]>,
  first_seq?: number,
): Chunk[] {
  const [first = 0] = lines;
  const before = chunksOf(allLines().slice(0, first - 1));
  const seq = first_seq === undefined ? first : first + lines.length - 1;
  const told = gap(seq, reason, bytes);
  if (told.gap && first_seq !== undefined) told.gap.first_seq = first_seq;
  const behind = allLines().slice(first - 1 + lines.length);
  return [...before, told, ...behind.map((line, at) => chunkAt(seq + 1 + at, line))];
}

export interface Told {
  chunks?: Chunk[];
  status?: Status;
  journal?: Partial<Journal>;
  parameters?: object;
  result?: Record<string, unknown>;
  exit?: number;
}

/** All facts of a run without a fault, except those that are given. */
export function factsOf(told: Told = {}): Facts {
  const { chunks = chunksOf(allLines()), status = "succeeded", exit = 0 } = told;
  const noted = {
    about: LINES,
    written: LINES,
    exit,
    started_ms: 0,
    ended_ms: 5_000,
    pid: 7,
    signal: undefined,
  };
  const text = (stream: "stdout" | "stderr") => streamText(ID, SCRIPT, stream, LINES).toString().trimEnd();
  return {
    id: ID,
    document: aDocument(status, {
      parameters: { token: "t1", ...SCRIPT, exit, ...told.parameters },
      result: told.result ?? { return_code: exit, stdout: text("stdout"), stderr: text("stderr") },
    }),
    replay: replayFor(chunks, status, exit),
    journals: [{ ...noted, ...told.journal }],
    followers: [],
    acts: [],
    expiry: "nothing",
    read_ms: Date.parse(TIMESTAMP),
    allowances: NOTHING_ALLOWED,
    children: [],
  };
}

/** A run's document with changes. */
export function documentOf({ document }: Facts, more: Partial<Execution>): Execution {
  if (document === "gone") throw new Error("it is gone");
  return { ...document, ...more };
}

export function aDocument(status: Status, more: Partial<Execution>): Execution {
  const name = "local-shell-cmd";
  return {
    id: ID,
    status,
    action: { ref: "faults.command", pack: "faults", name: "command", runner_type: name },
    runner: { name },
    parameters: {},
    log: [],
    ...more,
  } as Execution;
}

export function replayFor(chunks: Chunk[], status: Status, exit_code: number): Replay {
  const bytes = { stdout: 0, stderr: 0, other: 0 };
  for (const chunk of chunks) {
    bytes[chunk.output_type] += chunkBytes(chunk).length;
    if (chunk.gap?.reason === "limit") bytes.other += chunk.gap.bytes ?? 0;
  }
  const end = {
    event: "end",
    status,
    exit_code,
    last_seq: chunks.at(-1)?.seq ?? 0,
    bytes,
    gaps: chunks.filter(({ gap }) => gap).length,
    timestamp: TIMESTAMP,
  } as EndEvent;
  return { chunks, end, text: Buffer.concat(chunks.map(chunkBytes)) };
}

export function replayOf({ replay }: Facts): Replay {
  if (typeof replay === "string") throw new Error(replay);
  return replay;
}

export function allowing(facts: Facts, more: Partial<Facts["allowances"]>): Facts {
  return { ...facts, allowances: { ...facts.allowances, ...more } };
}

export function of(chunks: Chunk[]): Partial<Seen> {
  return { chunks: seenOf(chunks).chunks };
}

/** A follower that saw these chunks and the end. */
export function seenOf(chunks: Chunk[], more: Partial<Seen> = {}): Seen {
  return {
    name: "a follower",
    after: 0,
    type: undefined,
    own_only: false,
    chunks: chunks.map((chunk) => ({
      seq: chunk.seq,
      first_seq: chunk.gap?.first_seq ?? chunk.seq,
      sum: sumOf(chunk),
      at_ms: 0,
    })),
    first: chunks[0],
    bytes: undefined,
    partial: [],
    ends: [{}],
    after_end: 0,
    outcome: { how: "end" },
    ...more,
  };
}

/** A chain of these children, with their output in its log. */
export function parentOf(children: Facts[]): Facts {
  const chunks = children.flatMap((child) =>
    replayOf(child).chunks.map((chunk) => ({ ...chunk, execution_id: child.id, path: "first" })),
  );
  const document = aDocument("succeeded", {
    runner: { name: "action-chain" },
    children: children.map(({ id }) => id),
  });
  const parent = "6b0cd75201e08194bf000000";
  return {
    ...factsOf(),
    id: parent,
    document: { ...document, id: parent },
    replay: replayFor(renumbered(chunks), "succeeded", 0),
    journals: [],
    children,
  };
}

/** The rules that a run breaks. */
export function rulesOf(facts: Facts): string[] {
  return checkExecution(facts).map(({ rule }) => rule);
}
