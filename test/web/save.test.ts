import { describe, expect, it } from "vitest";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { bounded } from "../../web/pages/output/save.ts";
import { timedLines } from "../../web/pages/output/timed-lines.ts";

describe("a download in memory", () => {
  it("ends with an error beyond its bound", async () => {
    const parts = () => new Blob(["12345", "67890"]).stream();
    expect(await new Response(parts().pipeThrough(bounded(10))).text()).toBe("1234567890");
    await expect(new Response(parts().pipeThrough(bounded(9))).text()).rejects.toThrow(
      "tailrace execution output",
    );
  });
});

describe("lines with times", () => {
  it("have the time at which they begin, however the stream is cut", async () => {
    const chunk = (seq: number, output_type: "stdout" | "stderr", data: string) =>
      encodeChunk({ seq, timestamp: `2026-11-24T12:00:0${seq}.000000Z`, output_type, data });
    const all = `{"event":"status"}\n${chunk(1, "stdout", "be")}${chunk(2, "stderr", "é\n")}${chunk(3, "stdout", "gun\nop")}\n`;
    for (const size of [1, 7, 1_000]) {
      const pieces = all.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      const lines = ReadableStream.from(pieces)
        .pipeThrough(timedLines())
        .pipeThrough(new TextEncoderStream());
      expect(await new Response(lines).text()).toBe(
        "2026-11-24T12:00:02.000000Z é\n2026-11-24T12:00:01.000000Z begun\n2026-11-24T12:00:03.000000Z op\n",
      );
    }
  });
});
