import { describe, expect, it } from "vitest";
import { type Chunk, chunkBytes } from "../../protocol/chunk.ts";
import type { Execution } from "../../protocol/execution.ts";
import type { EndEvent } from "../../protocol/record.ts";
import type { Status } from "../../protocol/status.ts";
import { checkExecution } from "./check/check.ts";
import { checkWorld } from "./check/usage.ts";
import { type Facts, type Journal, NOTHING_ALLOWED, type Replay, type Seen } from "./facts.ts";
import { sumOf } from "./followers/recording.ts";
import { lineOf, type Script, streamOf, streamText } from "./programs/lines.ts";

const ID = "6b0cd75201e08194bf23ab89";
const LINES = 12;
const SCRIPT: Script = { lines: LINES, width: 20, salt: 3, padding: "utf8", shows_secret: true, exit: 0 };
const TIMESTAMP = "2026-11-30T01:00:00.000000Z";

describe("the checker finds nothing wrong", () => {
  it("with a run that no fault hit", () => {
    expect(checkExecution(factsOf())).toEqual([]);
  });

  it("with a gap of true size that a fault explains", () => {
    const facts = factsOf({ chunks: without([5, 6], { reason: "spool_full", bytes: bytesOf([5, 6]) }) });
    expect(checkExecution(allowing(facts, { gap_reasons: ["spool_full"] }))).toEqual([]);
  });

  it("with a program that was killed within a line, and a gap of unknown size at the end", () => {
    const chunks = [...chunksOf([1, 2, 3]), gap(4, "agent_restarted", null)];
    const facts = factsOf({
      chunks,
      status: "abandoned",
      journal: { about: 6, written: 5, exit: undefined },
    });
    expect(checkExecution(allowing(facts, { gap_reasons: ["agent_restarted"], abandoned: true }))).toEqual(
      [],
    );
  });

  it("with a half of the line that was being written when the program was killed", () => {
    const half = { ...chunkAt(4, 4), data: chunkAt(4, 4).data.slice(0, 10) };
    const facts = factsOf({
      chunks: [...chunksOf([1, 2, 3]), half],
      status: "canceled",
      journal: { about: 4, written: 3, exit: undefined },
    });
    const canceled = { what: "cancel", at_ms: 0, answer: "done" } as const;
    expect(checkExecution({ ...facts, acts: [canceled] })).toEqual([]);
  });

  it("with a follower from a cursor, one of a stream, one by text, and one of the last lines", () => {
    const facts = factsOf();
    const { chunks, text } = replayOf(facts);
    const last = chunks.at(-1);
    if (!last) throw new Error("there is no chunk");
    const begun = { ...last, data: last.data.slice(5) };
    facts.followers = [
      seenOf(chunks.slice(4), { after: 4 }),
      seenOf(
        chunks.filter(({ output_type }) => output_type === "stderr"),
        { type: "stderr" },
      ),
      seenOf([], { bytes: text, partial: [text.subarray(0, 30)] }),
      seenOf([begun], { after: undefined, first: begun }),
    ];
    expect(checkExecution(facts)).toEqual([]);
  });

  it("with a text without a byte, of a log that has nothing but a gap", () => {
    const journal = { about: 1, written: 0, exit: undefined };
    const facts = factsOf({ chunks: [gap(1, "agent_lost", null)], status: "abandoned", journal });
    facts.followers = [seenOf([], { bytes: Buffer.alloc(0) })];
    expect(checkExecution(allowing(facts, { gap_reasons: ["agent_lost"], abandoned: true }))).toEqual([]);
  });

  it("with a follower that saw what was cut out later", () => {
    const facts = factsOf({ chunks: without([5, 6, 7], { reason: "limit", bytes: bytesOf([5, 6, 7]) }, 5) });
    facts.followers = [seenOf(chunksOf(allLines()))];
    expect(checkExecution(allowing(facts, { gap_reasons: ["limit"] }))).toEqual([]);
  });
});

describe("the checker finds, of an execution,", () => {
  it("a line that is there twice", () => {
    const chunks = renumbered([...chunksOf([1, 2, 3, 4, 4]), ...chunksOf([5, 6, 7, 8, 9, 10, 11, 12])]);
    expect(rulesOf(factsOf({ chunks }))).toContain("bytes");
  });

  it("a line that is missing without a gap", () => {
    expect(rulesOf(factsOf({ chunks: chunksOf([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]) }))).toContain("bytes");
  });

  it("an end of the output that is missing without a gap", () => {
    expect(rulesOf(factsOf({ chunks: chunksOf(allLines().slice(0, -2)) }))).toEqual(["lost", "lost"]);
  });

  it("another execution's line", () => {
    const chunks = chunksOf(allLines());
    const strange = { ...chunkAt(3, 3), data: lineOf(ID.replace("6b", "6c"), SCRIPT, 3).toString() };
    expect(rulesOf(factsOf({ chunks: chunks.with(2, strange) }))).toContain("bytes");
  });

  it("lines in another order", () => {
    expect(rulesOf(factsOf({ chunks: chunksOf([2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]) }))).toContain(
      "bytes",
    );
  });

  it("a secret in clear", () => {
    const clear = chunksOf(allLines()).map((chunk) => ({
      ...chunk,
      data: chunk.data.replace("********", "sesame"),
    }));
    expect(rulesOf(factsOf({ chunks: clear }))).toContain("bytes");
  });

  it("a gap whose size is not true", () => {
    const chunks = without([5, 6], { reason: "spool_full", bytes: bytesOf([5, 6]) + 1 });
    const facts = allowing(factsOf({ chunks }), { gap_reasons: ["spool_full"] });
    expect(rulesOf(facts)).toContain("gap");
  });

  it("a gap that no fault explains", () => {
    const chunks = [...chunksOf(allLines()), gap(LINES + 1, "agent_lost", null)];
    expect(rulesOf(factsOf({ chunks }))).toEqual(["gap"]);
  });

  it("a hole in the numbers", () => {
    const chunks = chunksOf(allLines()).map((chunk) => ({
      ...chunk,
      seq: chunk.seq + (chunk.seq > 4 ? 1 : 0),
    }));
    expect(rulesOf(factsOf({ chunks }))).toContain("dense");
  });

  it("totals of the end that are not those of the log", () => {
    const facts = factsOf();
    const { end } = replayOf(facts);
    if (end) end.bytes.stdout += 1;
    expect(rulesOf(facts)).toEqual(["totals", "totals"]);
  });

  it("a text that is not what the chunks hold", () => {
    const facts = factsOf();
    replayOf(facts).text = Buffer.from("another");
    expect(rulesOf(facts)).toEqual(["text"]);
  });

  it("a log without an end", () => {
    const facts = factsOf();
    replayOf(facts).end = undefined;
    expect(rulesOf(facts)).toEqual(["end"]);
  });

  it("an end that is not the document's", () => {
    const facts = factsOf();
    const { end } = replayOf(facts);
    if (end) end.status = "failed";
    expect(rulesOf(facts)).toEqual(["end"]);
  });

  it("one that never completes", () => {
    expect(rulesOf(factsOf({ status: "running" }))).toContain("status");
  });

  it("a second start", () => {
    const facts = factsOf();
    facts.journals.push(...facts.journals);
    expect(rulesOf(facts)).toContain("one start");
  });

  it.each([
    ["succeeded, where the program failed", "succeeded", 3],
    ["succeeded, where the program did not end by itself", "succeeded", undefined],
    ["failed, where the program went well", "failed", 0],
    ["canceled, where it was not", "canceled", 0],
    ["abandoned, where no agent was away", "abandoned", undefined],
    ["timeout, where it had none", "timeout", undefined],
  ] as const)("a status that is not true: %s", (_, status, exit) => {
    expect(rulesOf(factsOf({ status, journal: { exit } }))).toContain("status");
  });

  it("a program that ended by itself long before its timeout", () => {
    const facts = factsOf({ status: "timeout", parameters: { timeout: 60 } });
    expect(rulesOf(facts)).toContain("status");
  });

  it("a failure without a start that no fault explains", () => {
    const facts = { ...factsOf({ chunks: [], status: "failed" }), journals: [] };
    expect(rulesOf(facts)).toContain("status");
    expect(rulesOf(allowing(facts, { start_failure: true }))).not.toContain("status");
  });

  it("a result that does not repeat what was written", () => {
    const facts = factsOf({ result: { return_code: 0, stdout: "another", stderr: "" } });
    expect(rulesOf(facts)).toEqual(["result", "result"]);
  });

  it("that it is gone, or its output, where it was to be kept", () => {
    expect(rulesOf({ ...factsOf(), document: "gone", replay: "gone" })).toEqual(["retention"]);
    expect(rulesOf({ ...factsOf(), document: "gone", replay: "gone", expiry: "all" })).toEqual([]);
    expect(rulesOf({ ...factsOf(), replay: "expired" })).toEqual(["retention"]);
  });

  it("that it is there long after it was to go, but for a pin", () => {
    const facts = { ...factsOf(), expiry: "all" } as const;
    const late = { expires: "2026-11-29T00:00:00Z" };
    expect(rulesOf({ ...facts, document: documentOf(facts, late) })).toEqual(["retention"]);
    expect(rulesOf({ ...facts, document: documentOf(facts, { ...late, pinned: true }) })).toEqual([]);
    expect(rulesOf(facts)).toEqual(["retention"]);
  });

  it("an exit code that is not the program's", () => {
    const facts = factsOf();
    const { end } = replayOf(facts);
    if (end) end.exit_code = 5;
    expect(rulesOf(facts)).toEqual(["status"]);
  });
});

describe("the checker finds, of a follower,", () => {
  const chunks = chunksOf(allLines());

  it.each<[string, Partial<Seen>, string]>([
    ["a record twice", of(chunks.toSpliced(3, 0, chunkAt(4, 4))), "dense"],
    ["a record that is missing", of(chunks.toSpliced(3, 1)), "dense"],
    ["an end that came too early", of(chunks.slice(0, -1)), "lost"],
    ["a record that is not in the log", of([...chunks, chunkAt(LINES + 1, 1)]), "replay"],
    ["a record that is another one's", of(chunks.with(2, { ...chunkAt(3, 3), data: "strange" })), "replay"],
    ["two ends", { ends: [{}, {}] }, "end"],
    ["a record behind the end", { after_end: 1 }, "end"],
    ["an end that is not the log's", { ends: [{ status: "failed" }] }, "end"],
    ["no end", { ends: [], outcome: { how: "end" } }, "end"],
    ["that it was never through", { ends: [], outcome: { how: "stopped" } }, "hung"],
    [
      "that it was sent away",
      { ends: [], outcome: { how: "error", code: "internal", text: "" } },
      "follower",
    ],
    ["bytes that are not the log's", { bytes: Buffer.from("strange") }, "replay"],
    ["an earlier try's bytes that are not the log's", { partial: [Buffer.from("strange")] }, "replay"],
    ["bytes that end too early", { bytes: Buffer.from(chunkBytes(chunkAt(1, 1))) }, "lost"],
  ])("%s", (_, more, rule) => {
    const facts = factsOf();
    facts.followers = [seenOf(chunks, more)];
    expect(rulesOf(facts)).toContain(rule);
  });

  it("that it was sent away from what has expired, and not from what has not", () => {
    const outcome = { how: "error", code: "expired", text: "" } as const;
    const facts = { ...factsOf(), followers: [seenOf([], { ends: [], outcome })] };
    expect(rulesOf(facts)).toContain("follower");
    expect(rulesOf({ ...facts, replay: "expired", expiry: "output" })).toEqual([]);
  });
});

describe("the checker finds, of a parent,", () => {
  it("nothing wrong where all is right", () => {
    expect(checkExecution(parentOf([factsOf()]))).toEqual([]);
  });

  it("what a child wrote, and it does not have", () => {
    const parent = parentOf([factsOf()]);
    const replay = replayOf(parent);
    replay.chunks.pop();
    expect(rulesOf(parent)).toContain("family");
  });

  it("success where its last child failed", () => {
    const parent = parentOf([factsOf({ status: "failed", journal: { exit: 3 }, exit: 3 })]);
    expect(rulesOf(parent)).toContain("status");
  });

  it("a task that was started twice", () => {
    expect(rulesOf(parentOf([factsOf(), factsOf()]))).toContain("one start");
  });

  it("a child that goes on behind its end", () => {
    expect(rulesOf(parentOf([factsOf({ status: "running" })]))).toContain("family");
  });
});

describe("the checker finds, of a world,", () => {
  const MB = 1024 ** 2;
  const rest = { name: "engine", memory_bytes: 400 * MB, sockets: 10, descriptors: 40 };
  const before = { processes: [rest], spooled: [], marked: [] };
  const later = (more: Partial<typeof rest>) => ({ ...before, processes: [{ ...rest, ...more }] });

  it.each([
    ["memory that is not given back", later({ memory_bytes: 800 * MB }), "memory"],
    ["sockets that stay open", later({ sockets: 100 }), "sockets"],
    ["descriptors that stay open", later({ descriptors: 140 }), "descriptors"],
    ["what is left in a spool", { ...before, spooled: ["/spool/1"] }, "spool"],
    ["a process that is left", { ...before, marked: ["12 of 1: sleep"] }, "process"],
  ])("%s", (_, usage, rule) => {
    expect(checkWorld(before, usage).map((violation) => violation.rule)).toEqual([rule]);
  });

  it("nothing where all is as it was", () => {
    expect(checkWorld(before, before)).toEqual([]);
  });
});

function allLines(): number[] {
  return Array.from({ length: LINES }, (_, at) => at + 1);
}

function chunkAt(seq: number, line: number): Chunk {
  return {
    seq,
    timestamp: TIMESTAMP,
    output_type: streamOf(line),
    data: lineOf(ID, SCRIPT, line).toString(),
  };
}

/** A chunk for each of these lines. */
function chunksOf(lines: number[]): Chunk[] {
  return lines.map((line, at) => chunkAt(at + 1, line));
}

function renumbered(chunks: Chunk[]): Chunk[] {
  return chunks.map((chunk, at) => ({ ...chunk, seq: at + 1 }));
}

function gap(seq: number, reason: NonNullable<Chunk["gap"]>["reason"], bytes: number | null): Chunk {
  return { seq, timestamp: TIMESTAMP, output_type: "other", gap: { reason, bytes }, data: "" };
}

function bytesOf(lines: number[]): number {
  return lines.reduce((sum, line) => sum + lineOf(ID, SCRIPT, line).length, 0);
}

/** All lines but some, in the place of which a gap stands: for one number, or for those of a range. */
function without(lines: number[], { reason, bytes }: NonNullable<Chunk["gap"]>, first_seq?: number): Chunk[] {
  const [first = 0] = lines;
  const before = chunksOf(allLines().slice(0, first - 1));
  const seq = first_seq === undefined ? first : first + lines.length - 1;
  const told = gap(seq, reason, bytes);
  if (told.gap && first_seq !== undefined) told.gap.first_seq = first_seq;
  const behind = allLines().slice(first - 1 + lines.length);
  return [...before, told, ...behind.map((line, at) => chunkAt(seq + 1 + at, line))];
}

interface Told {
  chunks?: Chunk[];
  status?: Status;
  journal?: Partial<Journal>;
  parameters?: object;
  result?: Record<string, unknown>;
  exit?: number;
}

/** All that is known of a run without a fault, but for what is told otherwise. */
function factsOf(told: Told = {}): Facts {
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

/** The document of a run with something else in it. */
function documentOf({ document }: Facts, more: Partial<Execution>): Execution {
  if (document === "gone") throw new Error("it is gone");
  return { ...document, ...more };
}

function aDocument(status: Status, more: Partial<Execution>): Execution {
  const name = "local-shell-cmd";
  return {
    id: ID,
    status,
    action: { ref: "faults.command", pack: "faults", name: "command", runner_type: name },
    runner: { name },
    parameters: {},
    ...more,
  } as Execution;
}

function replayFor(chunks: Chunk[], status: Status, exit_code: number): Replay {
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

function replayOf({ replay }: Facts): Replay {
  if (typeof replay === "string") throw new Error(replay);
  return replay;
}

function allowing(facts: Facts, more: Partial<Facts["allowances"]>): Facts {
  return { ...facts, allowances: { ...facts.allowances, ...more } };
}

function of(chunks: Chunk[]): Partial<Seen> {
  return { chunks: seenOf(chunks).chunks };
}

/** A follower that got these chunks and the end. */
function seenOf(chunks: Chunk[], more: Partial<Seen> = {}): Seen {
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

/** A chain of these children, whose log has what they wrote. */
function parentOf(children: Facts[]): Facts {
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
function rulesOf(facts: Facts): string[] {
  return checkExecution(facts).map(({ rule }) => rule);
}
