import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readParameters } from "../../cli/commands/parameters.ts";
import { LabelledLines, metadataLabel } from "../../cli/output/labels.ts";
import type { Chunk } from "../../protocol/wire/chunk.ts";
import { scratch } from "../support/world.ts";

const runner = {
  cmd: { type: "string" },
  timeout: { type: "integer" },
  env: { type: "object" },
  sudo: { type: "boolean" },
};
const action = { ratio: { type: "number" }, hosts: { type: "array" } };
const read = (...tokens: string[]) => readParameters(tokens, runner, action);

describe("parameters of a command line", () => {
  it("have the types of the runner's parameters, then of the action's", () => {
    expect(read("cmd=a=b", "timeout=5", "ratio=0.5", "sudo=True", "hosts=a, b", "env=A=1,B=x=y")).toEqual({
      cmd: "a=b",
      timeout: 5,
      ratio: 0.5,
      sudo: true,
      hosts: ["a", "b"],
      env: { A: "1", B: "x=y" },
    });
  });

  it("may be JSON, and an array may be given in several parts", () => {
    expect(read('env={"A": {"b": 1}}', "hosts=[1, 2]", "hosts=c")).toEqual({
      env: { A: { b: 1 } },
      hosts: [1, 2, "c"],
    });
  });

  it("may be a file's content", () => {
    const file = join(scratch(), "text");
    writeFileSync(file, "line 1\nline 2\n");
    expect(read(`@cmd=${file}`)).toEqual({ cmd: "line 1\nline 2\n" });
  });

  it("give all words after a word without = to cmd", () => {
    expect(read("timeout=3", "ls", "-l", "a=b")).toEqual({ timeout: 3, cmd: "ls -l a=b" });
  });

  it.each(["timeout=soon", "ratio=", "sudo=perhaps", "env=x", "env={x"])(
    "refuse %s and name the expected type",
    (token) => {
      expect(() => read(token)).toThrow(/^Parameter \w+ takes .*, not /);
    },
  );
});

describe("metadata before a line", () => {
  const chunk = (data: string, output_type: Chunk["output_type"] = "stdout"): Chunk => ({
    seq: 1,
    timestamp: "T",
    output_type,
    data,
  });

  it("stands once before each line, also for a line in several pieces", () => {
    const lines = new LabelledLines(metadataLabel);
    expect(lines.format(chunk("a\nb\nc"))).toBe("[T][stdout] a\n[T][stdout] b\n[T][stdout] c");
    expect(lines.format(chunk("d\n"))).toBe("d\n");
    expect(lines.format(chunk("e"))).toBe("[T][stdout] e");
    expect(lines.format(chunk("f\n", "stderr"))).toBe("\n[T][stderr] f\n");
  });

  it("names the tasks and the host of a line, and each source has its own lines", () => {
    const lines = new LabelledLines(metadataLabel);
    const of = (path: string, id: string, data: string) =>
      lines.format({ ...chunk(data), path, execution_id: id.repeat(24) });
    expect(of("build/web1", "a", "half")).toBe("[T][stdout][build/web1] half");
    expect(of("build/web2", "b", "whole\n")).toBe("\n[T][stdout][build/web2] whole\n");
    expect(of("build/web1", "a", " a line\n")).toBe("[T][stdout][build/web1]  a line\n");
  });
});
