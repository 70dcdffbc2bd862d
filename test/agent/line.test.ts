import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { build } from "esbuild";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeLine } from "../../agent/spool/line.ts";
import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";
import type { Chunk } from "../../protocol/wire/chunk.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { ROOT } from "../support/world.ts";

const HEAD = { seq: 7, timestamp: "2026-11-24T12:00:00.000000Z", output_type: "stdout" } as const;

/** The line that is made of bytes, beside the one that the protocol makes of the chunk. */
function both(head: Omit<Chunk, "encoding" | "data">, text: string): [string, string] {
  const bytes = Buffer.from(text);
  return [encodeLine(head, { bytes, is_text: true }).toString(), encodeChunk({ ...head, data: text })];
}

describe("a line made of bytes", () => {
  it("has every character as JSON has it", () => {
    for (let code = 0; code < 0x2100; code++) {
      const character = String.fromCharCode(code);
      // At each place of four, beside bytes that need no escape and bytes that do.
      for (const text of [character, `a${character}`, `ab${character}d\n`, `"${character}\u0000€😀`]) {
        const [own, expected] = both(HEAD, text);
        expect(own).toBe(expected);
      }
    }
  });

  it("is the protocol's line for any text", () => {
    const unit = fc.constantFrom(
      "a",
      "b",
      '"',
      "\\",
      "\n",
      "\r",
      "\t",
      "\u0000",
      "\u001f",
      "\u007f",
      "é",
      "€",
      "😀",
    );
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 300 }), (text) => {
        const [own, expected] = both(HEAD, text);
        expect(own).toBe(expected);
      }),
    );
  });

  it("has a host's name as JSON has it, and a gap without data", () => {
    const [own, expected] = both({ ...HEAD, host: 'höst\n"' }, "text");
    expect(own).toBe(expected);
    const [gap, expected_gap] = both({ ...HEAD, gap: { reason: "spool_full", bytes: 3 } }, "");
    expect(gap).toBe(expected_gap);
  });

  it("has each byte of each length around sixteen, at each place, also after a longer line of bytes to escape", () => {
    for (let length = 0; length <= 49; length++) {
      encodeLine(HEAD, { bytes: Buffer.alloc(64, '"'), is_text: true });
      for (const other of ["x", "\n"]) {
        const [own, expected] = both(HEAD, other.repeat(length));
        expect(own).toBe(expected);
      }
    }
    for (let byte = 0; byte < 0x80; byte++)
      for (let length = 15; length <= 17; length++)
        for (let at = 0; at < length; at++) {
          const text = `${"x".repeat(at)}${String.fromCharCode(byte)}${"x".repeat(length - at - 1)}`;
          const [own, expected] = both(HEAD, text);
          expect(own === expected || JSON.stringify(text)).toBe(true);
        }
  });

  it("has no more bytes than a chunk may have", () => {
    const bytes = Buffer.alloc(CHUNK_BYTES_MAX + 1, "a");
    expect(() => encodeLine(HEAD, { bytes, is_text: true })).toThrow(RangeError);
  });

  it("is the same on a processor without instructions for sixteen bytes, and without WebAssembly", async () => {
    const outputs = await Promise.all([[], ["--no-enable-sse4-1"], ["--jitless"]].map(printedWith));
    expect(outputs[0]).toContain('"data":"a \\"line\\"\\n"');
    expect(new Set(outputs).size).toBe(1);
  });

  it("has a chunk of the greatest size, of any bytes, at any place of sixteen", () => {
    for (const filled of ["a", "\n", "\u0001", '"\\'])
      for (let before = 0; before < 17; before++) {
        const text = "x".repeat(before).padEnd(CHUNK_BYTES_MAX, filled);
        const [own, expected] = both(HEAD, text);
        expect(own === expected).toBe(true);
      }
  });

  it("has a host's name of any length", () => {
    const [own, expected] = both({ ...HEAD, host: "ü".repeat(20_000) }, "text\n");
    expect(own).toBe(expected);
  });

  it("has other bytes as base64", () => {
    const bytes = Buffer.from([0xff, 0x00, 0x0a]);
    const line = encodeLine(HEAD, { bytes, is_text: false }).toString();
    expect(line).toBe(encodeChunk({ ...HEAD, encoding: "base64", data: bytes.toString("base64") }));
  });
});

/** What a program of the agent's own sources prints with flags of Node. */
async function printedWith(flags: string[]): Promise<string> {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { encodeLine } from "./agent/spool/line.ts";
        const bytes = Buffer.from('a "line"\\n');
        process.stdout.write(encodeLine(${JSON.stringify(HEAD)}, { bytes, is_text: true }));`,
      resolveDir: ROOT,
    },
    bundle: true,
    write: false,
    format: "esm",
    platform: "node",
  });
  const [program] = outputFiles;
  const args = [...flags, "--input-type=module", "--eval", program?.text ?? ""];
  return (await promisify(execFile)(process.execPath, args)).stdout;
}
