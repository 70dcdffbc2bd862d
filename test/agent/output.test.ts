import { setImmediate } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Output } from "../../agent/run/output.ts";
import { PatternBudget } from "../../agent/secrets/budget.ts";
import { Secrets } from "../../agent/secrets/secrets.ts";
import { Spool } from "../../agent/spool/spool.ts";
import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import { afterTest, scratch } from "../support/world.ts";

function outputOf(gathers = true) {
  const spool = new Spool(scratch(), {
    bytes_max: 10_000_000,
    fsync: "never",
    nowMs: Date.now,
    onDisk: () => undefined,
  });
  afterTest(() => spool.close());
  const secrets = new Secrets(() => undefined, new PatternBudget());
  const output = new Output({
    spool,
    stream_output: true,
    secrets,
    notify: () => undefined,
    host: undefined,
    gathers,
  });
  /** The chunks in the spool: their streams and texts. */
  const chunks = () =>
    (spool.read()?.body.toString().trimEnd().split("\n") ?? []).map((line) => {
      const { output_type, data } = JSON.parse(line);
      return [output_type, data];
    });
  return { output, chunks };
}

describe("the output of a run", () => {
  it("is one chunk for the reads of one turn, and another for the next turn", async () => {
    const { output, chunks } = outputOf();
    for (const text of ["a", "b", "c\n"]) output.write("stdout", Buffer.from(text));
    await setImmediate();
    expect(chunks()).toEqual([["stdout", "abc\n"]]);
    output.write("stdout", Buffer.from("d"));
    await setImmediate();
    expect(chunks()).toEqual([
      ["stdout", "abc\n"],
      ["stdout", "d"],
    ]);
  });

  it("keeps the order of the two streams, and characters that are cut between reads", () => {
    const { output, chunks } = outputOf();
    const euro = Buffer.from("€");
    output.write("stdout", euro.subarray(0, 1));
    output.write("stderr", Buffer.from("error"));
    output.write("stdout", euro.subarray(1));
    output.write("stderr", Buffer.from([0xe2]));
    output.finish();
    expect(chunks()).toEqual([
      ["stderr", "error"],
      ["stdout", "€"],
      ["stderr", "4g=="],
    ]);
  });

  it("is in chunks of full size where reads fill them", () => {
    const { output, chunks } = outputOf();
    const read = Buffer.alloc(CHUNK_BYTES_MAX / 8, "x");
    for (let reads = 0; reads < 17; reads++) output.write("stdout", read);
    output.finish();
    const sizes = chunks().map(([, text]) => text.length);
    expect(sizes).toEqual([CHUNK_BYTES_MAX, CHUNK_BYTES_MAX, CHUNK_BYTES_MAX / 8]);
  });

  it("is in the spool before the next read, where it does not gather", () => {
    const { output, chunks } = outputOf(false);
    output.write("stdout", Buffer.from("a"));
    expect(chunks()).toEqual([["stdout", "a"]]);
  });
});
