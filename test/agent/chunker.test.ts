import { isUtf8 } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutPieces, type Piece } from "../../agent/spool/chunker.ts";
import { CHUNK_BYTES_MAX } from "../../protocol/base/limits.ts";

/** A stream's reads, cut into chunks as the agent cuts them. */
function cutAll(reads: Buffer[]): Piece[] {
  const all: Piece[] = [];
  let rest: Buffer = Buffer.alloc(0);
  for (const [nth, read] of [...reads, Buffer.alloc(0)].entries()) {
    const cut = cutPieces(Buffer.concat([rest, read]), nth === reads.length);
    all.push(...cut.pieces);
    rest = cut.rest;
  }
  expect(rest).toHaveLength(0);
  return all;
}

function joined(pieces: Piece[]): Buffer {
  return Buffer.concat(pieces.map(({ bytes }) => bytes));
}

/** The text of the pieces, which must all be text. */
function texts(pieces: Piece[]): string[] {
  return pieces.map(({ bytes, is_text }) => {
    expect(is_text).toBe(true);
    return bytes.toString();
  });
}

/** The bytes in two reads, cut at an offset. */
function splitAt(bytes: Buffer, offset: number): Buffer[] {
  return [bytes.subarray(0, offset), bytes.subarray(offset)];
}

describe("cutting a stream into chunks", () => {
  it("gives back the same bytes for any bytes and any reads", () => {
    const reads = fc.array(
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(reads, (reads) => {
        const pieces = cutAll(reads);
        expect(joined(pieces)).toEqual(Buffer.concat(reads));
        for (const { bytes, is_text } of pieces) expect(is_text).toBe(isUtf8(bytes));
      }),
    );
  });

  it("never cuts a character: text stays text at every offset", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 40 }), (text) => {
        const bytes = Buffer.from(text.toWellFormed());
        for (let offset = 0; offset <= bytes.length; offset++) {
          expect(texts(cutAll(splitAt(bytes, offset))).join("")).toBe(text.toWellFormed());
        }
      }),
    );
  });

  it("keeps each piece within its bound, for text and binary", () => {
    const long = Buffer.alloc(3 * CHUNK_BYTES_MAX + 17, "aé€😀");
    const binary = Buffer.from(long).fill(0xff, 0, 70_000);
    for (const bytes of [long, binary, Buffer.alloc(200_000)]) {
      const pieces = cutAll([bytes]);
      expect(joined(pieces)).toEqual(bytes);
      for (const { bytes } of pieces) expect(bytes.length).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    }
  });

  it("cuts after a line end where one is near the bound", () => {
    const line = `${"x".repeat(99)}\n`;
    const pieces = cutAll([Buffer.from(line.repeat(2_000))]);
    expect(pieces.length).toBeGreaterThan(2);
    for (const text of texts(pieces)) expect(text.endsWith("\n")).toBe(true);
  });

  it("shows an incomplete line at once", () => {
    const { pieces, rest } = cutPieces(Buffer.from("password: "), false);
    expect(texts(pieces)).toEqual(["password: "]);
    expect(rest).toHaveLength(0);
  });

  it("holds back at most the beginning of one character", () => {
    const { pieces, rest } = cutPieces(Buffer.from("ok €").subarray(0, 5), false);
    expect(texts(pieces)).toEqual(["ok "]);
    expect(rest).toEqual(Buffer.from("€").subarray(0, 2));
  });

  it("keeps a byte order mark and NUL bytes", () => {
    expect(texts(cutAll([Buffer.from("\ufeff\0a")]))).toEqual(["\ufeff\0a"]);
  });
});
