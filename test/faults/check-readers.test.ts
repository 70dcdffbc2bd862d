import { describe, expect, it } from "vitest";
import { chunkBytes } from "../../protocol/wire/chunk.ts";
import { checkExecution } from "./check/check.ts";
import {
  allLines,
  chunkAt,
  chunksOf,
  factsOf,
  LINES,
  of,
  parentOf,
  replayOf,
  rulesOf,
  seenOf,
} from "./check/example.ts";
import { checkWorld } from "./check/usage.ts";
import type { Seen } from "./facts.ts";

describe("the checker finds, in a follower,", () => {
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

  it("that it was sent away from an expired execution, and not from another", () => {
    const outcome = { how: "error", code: "expired", text: "" } as const;
    const facts = { ...factsOf(), followers: [seenOf([], { ends: [], outcome })] };
    expect(rulesOf(facts)).toContain("follower");
    expect(rulesOf({ ...facts, replay: "expired", expiry: "output" })).toEqual([]);
  });
});

describe("the checker finds, in a parent,", () => {
  it("nothing wrong if everything is right", () => {
    expect(checkExecution(parentOf([factsOf()]))).toEqual([]);
  });

  it("a child's output that it lacks", () => {
    const parent = parentOf([factsOf()]);
    const replay = replayOf(parent);
    replay.chunks.pop();
    expect(rulesOf(parent)).toContain("family");
  });

  it("success after its last child failed", () => {
    const parent = parentOf([factsOf({ status: "failed", journal: { exit: 3 }, exit: 3 })]);
    expect(rulesOf(parent)).toContain("status");
  });

  it("a task that started twice", () => {
    expect(rulesOf(parentOf([factsOf(), factsOf()]))).toContain("one start");
  });

  it("output of a child after its end", () => {
    expect(rulesOf(parentOf([factsOf({ status: "running" })]))).toContain("family");
  });
});

describe("the checker finds, in a world,", () => {
  const MB = 1024 ** 2;
  const rest = { name: "engine", memory_bytes: 400 * MB, sockets: 10, descriptors: 40 };
  const before = { processes: [rest], spooled: [], marked: [] };
  const later = (more: Partial<typeof rest>) => ({ ...before, processes: [{ ...rest, ...more }] });

  it.each([
    ["memory that is not given back", later({ memory_bytes: 800 * MB }), "memory"],
    ["sockets that stay open", later({ sockets: 100 }), "sockets"],
    ["descriptors that stay open", later({ descriptors: 140 }), "descriptors"],
    ["a file that is left in a spool", { ...before, spooled: ["/spool/1"] }, "spool"],
    ["a process that is left", { ...before, marked: ["12 of 1: sleep"] }, "process"],
  ])("%s", (_, usage, rule) => {
    expect(checkWorld(before, usage).map((violation) => violation.rule)).toEqual([rule]);
  });

  it("nothing wrong if everything is as before", () => {
    expect(checkWorld(before, before)).toEqual([]);
  });
});
