import { describe, expect, it } from "vitest";
import { PlainOutput } from "../../cli/output/plain-output.ts";
import type { Chunk } from "../../protocol/wire/chunk.ts";

function chunk(data: string, more: Partial<Chunk> = {}): Chunk {
  return { seq: 1, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout", data, ...more };
}

describe("an output as text in a terminal or a file", () => {
  it("has each row at its line feed, and the rest at the end", () => {
    const output = new PlainOutput((_, text) => text);
    expect(
      ["10%\r20%\r", "\n", "a\r\nb\r", "\u001b[K", "c\r\r\nd"].map((text) => output.show(chunk(text))),
    ).toEqual(["", "20%\n", "a\n", "", "c\n"]);
    expect(output.end()).toBe("d");
  });

  it("joins characters and sequences that chunks of one stream cut", () => {
    const output = new PlainOutput(({ output_type }, text) => text && `${output_type}: ${text}`);
    const base64 = (bytes: string) => ({ encoding: "base64" as const, data: btoa(bytes) });
    const shown = [
      chunk("", base64("caf\u00c3")),
      chunk("x\u001b[3", { output_type: "stderr" }),
      chunk("", base64("\u00a9\n")),
      chunk("1my\n", { output_type: "stderr" }),
    ].map((one) => output.show(one));
    expect(shown).toEqual(["", "", "stdout: café\n", "stderr: xy\n"]);
  });

  it("ends the streams that were silent for longest, if their screens are too large together", () => {
    const output = new PlainOutput(({ host }, text) => text && `${host}: ${text}`);
    const rows = `${"x".repeat(4_000)}\n`.repeat(99);
    const ended: string[] = [];
    for (let host = 0; host < 12; host++) {
      const shown = output.show(chunk(`${rows}open ${host}`, { host: `${host}` }));
      ended.push(...(shown.match(/\d+: open \d+/g) ?? []));
    }
    // Five screens of 400,000 cells are within two million.
    expect(ended).toEqual([0, 1, 2, 3, 4, 5, 6].map((host) => `${host}: open ${host}`));
    expect(output.end()).toBe("7: open 78: open 89: open 910: open 1011: open 11");
  });

  it("goes on with many small streams", () => {
    const output = new PlainOutput((_, text) => text);
    for (let host = 0; host < 500; host++) output.show(chunk(`${host} `, { host: `${host}` }));
    expect(output.show(chunk("done\n", { host: "0" }))).toBe("0 done\n");
  });
});
