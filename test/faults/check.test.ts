import { describe, expect, it } from "vitest";
import { checkExecution } from "./check/check.ts";
import {
  allLines,
  allowing,
  bytesOf,
  chunkAt,
  chunksOf,
  documentOf,
  factsOf,
  gap,
  ID,
  LINES,
  renumbered,
  replayOf,
  rulesOf,
  SCRIPT,
  seenOf,
  without,
} from "./check/example.ts";
import { lineOf } from "./programs/lines.ts";

describe("the checker finds nothing wrong", () => {
  it("with a run without a fault", () => {
    expect(checkExecution(factsOf())).toEqual([]);
  });

  it("with a gap of the right size that a fault explains", () => {
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

  it("with half of the line that was being written when the program was killed", () => {
    const half = { ...chunkAt(4, 4), data: chunkAt(4, 4).data.slice(0, 10) };
    const facts = factsOf({
      chunks: [...chunksOf([1, 2, 3]), half],
      status: "canceled",
      journal: { about: 4, written: 3, exit: undefined },
    });
    const canceled = { what: "cancel", at_ms: 0, answered_ms: 0, answer: "done" } as const;
    expect(checkExecution({ ...facts, acts: [canceled] })).toEqual([]);
  });

  it("with a piece of a last line behind a gap that fits several lines", () => {
    const whole = chunkAt(12, LINES);
    const piece = { ...whole, data: "\n" };
    const all = Array.from({ length: LINES }, (_, at) => at + 1);
    const missing = bytesOf(all.slice(3)) - 1;
    const chunks = [...chunksOf([1, 2, 3]), gap(4, "spool_full", missing), { ...piece, seq: 5 }];
    const journal = { about: LINES, written: LINES - 1, exit: undefined };
    const facts = factsOf({ chunks, status: "canceled", journal });
    const canceled = { what: "cancel", at_ms: 0, answered_ms: 0, answer: "done" } as const;
    expect(checkExecution(allowing({ ...facts, acts: [canceled] }, { gap_reasons: ["spool_full"] }))).toEqual(
      [],
    );
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

  it("with an empty text of a log that has only a gap", () => {
    const journal = { about: 1, written: 0, exit: undefined };
    const facts = factsOf({ chunks: [gap(1, "agent_lost", null)], status: "abandoned", journal });
    facts.followers = [seenOf([], { bytes: Buffer.alloc(0) })];
    expect(checkExecution(allowing(facts, { gap_reasons: ["agent_lost"], abandoned: true }))).toEqual([]);
  });

  it("with a follower that saw output which was cut out later", () => {
    const facts = factsOf({ chunks: without([5, 6, 7], { reason: "limit", bytes: bytesOf([5, 6, 7]) }, 5) });
    const first = { ...chunkAt(6, 6), data: chunkAt(6, 6).data.slice(5) };
    const last_lines = [first, ...chunksOf(allLines()).slice(6)];
    facts.followers = [seenOf(chunksOf(allLines())), seenOf(last_lines, { after: undefined, first })];
    expect(checkExecution(allowing(facts, { gap_reasons: ["limit"] }))).toEqual([]);
  });

  it("with an interpreter that took long to reach its program before a timeout", () => {
    const journal = { started_ms: 59_000, ended_ms: 60_000 };
    const facts = factsOf({ status: "timeout", parameters: { timeout: 60 }, journal });
    expect(rulesOf(facts)).toContain("status");
    const log = [{ status: "scheduled" as const, timestamp: new Date(0).toISOString() }];
    expect(rulesOf({ ...facts, document: documentOf(facts, { log }) })).not.toContain("status");
  });
});

describe("the checker finds, in an execution,", () => {
  it("a line that occurs twice", () => {
    const chunks = renumbered([...chunksOf([1, 2, 3, 4, 4]), ...chunksOf([5, 6, 7, 8, 9, 10, 11, 12])]);
    expect(rulesOf(factsOf({ chunks }))).toContain("bytes");
  });

  it("a missing line without a gap", () => {
    expect(rulesOf(factsOf({ chunks: chunksOf([1, 2, 3, 4, 5, 7, 8, 9, 10, 11, 12]) }))).toContain("bytes");
  });

  it("a missing end of the output without a gap", () => {
    expect(rulesOf(factsOf({ chunks: chunksOf(allLines().slice(0, -2)) }))).toEqual(["lost", "lost"]);
  });

  it("another execution's line", () => {
    const chunks = chunksOf(allLines());
    const strange = { ...chunkAt(3, 3), data: lineOf(ID.replace("6b", "6c"), SCRIPT, 3).toString() };
    expect(rulesOf(factsOf({ chunks: chunks.with(2, strange) }))).toContain("bytes");
  });

  it("lines in the wrong order", () => {
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

  it("a gap of the wrong size", () => {
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

  it("totals in the end that differ from the log", () => {
    const facts = factsOf();
    const { end } = replayOf(facts);
    if (end) end.bytes.stdout += 1;
    expect(rulesOf(facts)).toEqual(["totals", "totals"]);
  });

  it("a text that differs from the chunks", () => {
    const facts = factsOf();
    replayOf(facts).text = Buffer.from("another");
    expect(rulesOf(facts)).toEqual(["text"]);
  });

  it("a log without an end", () => {
    const facts = factsOf();
    replayOf(facts).end = undefined;
    expect(rulesOf(facts)).toEqual(["end"]);
  });

  it("an end that differs from the document", () => {
    const facts = factsOf();
    const { end } = replayOf(facts);
    if (end) end.status = "failed";
    expect(rulesOf(facts)).toEqual(["end"]);
  });

  it("that it never completes", () => {
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
  ] as const)("a wrong status: %s", (_, status, exit) => {
    expect(rulesOf(factsOf({ status, journal: { exit } }))).toContain("status");
  });

  it("a program that ended by itself long before its timeout", () => {
    const facts = factsOf({ status: "timeout", parameters: { timeout: 60 } });
    expect(rulesOf(facts)).toContain("status");
  });

  it("a failure without a start, which no fault explains", () => {
    const facts = { ...factsOf({ chunks: [], status: "failed" }), journals: [] };
    expect(rulesOf(facts)).toContain("status");
    expect(rulesOf(allowing(facts, { start_failure: true }))).not.toContain("status");
  });

  it("a result that does not repeat the output", () => {
    const facts = factsOf({ result: { return_code: 0, stdout: "another", stderr: "" } });
    expect(rulesOf(facts)).toEqual(["result", "result"]);
  });

  it("that it or its output is gone too early", () => {
    expect(rulesOf({ ...factsOf(), document: "gone", replay: "gone" })).toEqual(["retention"]);
    expect(rulesOf({ ...factsOf(), document: "gone", replay: "gone", expiry: "all" })).toEqual([]);
    expect(rulesOf({ ...factsOf(), replay: "expired" })).toEqual(["retention"]);
  });

  it("that it is kept too long, unless it is pinned", () => {
    const facts = { ...factsOf(), expiry: "all" } as const;
    const late = { expires: "2026-11-29T00:00:00Z" };
    expect(rulesOf({ ...facts, document: documentOf(facts, late) })).toEqual(["retention"]);
    expect(rulesOf({ ...facts, document: documentOf(facts, { ...late, pinned: true }) })).toEqual([]);
    expect(rulesOf(facts)).toEqual(["retention"]);
  });

  it("that its output expired under a pin, and not before a later pin", () => {
    const bytes = { stdout: 0, stderr: 0, other: 0 };
    const output = { last_seq: 1, bytes, gaps: 0, lines: bytes, expired: "2026-11-29T00:00:10Z" };
    const facts = { ...factsOf(), replay: "expired", expiry: "output" } as const;
    const pinned = { ...facts, document: documentOf(facts, { pinned: true, output }) };
    const expired_ms = Date.parse(output.expired);
    const at = (what: "pin" | "unpin", ms: number, answer: "done" | "unknown" = "done") =>
      ({ what, at_ms: expired_ms + ms, answered_ms: expired_ms + ms, answer }) as const;
    expect(rulesOf({ ...pinned, acts: [at("pin", -1_000)] })).toEqual(["retention"]);
    expect(rulesOf({ ...pinned, acts: [at("pin", 1_000)] })).toEqual([]);
    expect(rulesOf({ ...pinned, acts: [at("pin", -2_000), at("unpin", -1_000), at("pin", 1_000)] })).toEqual(
      [],
    );
    expect(rulesOf({ ...pinned, acts: [at("pin", -2_000), at("unpin", -1_000, "unknown")] })).toEqual([]);
  });

  it("an exit code that differs from the program's", () => {
    const facts = factsOf();
    const { end } = replayOf(facts);
    if (end) end.exit_code = 5;
    expect(rulesOf(facts)).toEqual(["status"]);
  });
});
