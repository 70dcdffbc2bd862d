import { parseJson } from "../../../protocol/base/json.ts";

/** An entry of the cache: facts, and bytes. */
export interface Entry<Facts> {
  facts: Facts;
  bytes: Uint8Array;
}

const LINE_FEED = 10;
const encoder = new TextEncoder();

/** An entry as bytes: its length and its facts as a line of JSON, then its bytes as they are. */
export function writeEntry({ facts, bytes }: Entry<unknown>): Uint8Array {
  const head = encoder.encode(`${JSON.stringify({ length: bytes.length, facts })}\n`);
  const entry = new Uint8Array(head.length + bytes.length);
  entry.set(head);
  entry.set(bytes, head.length);
  return entry;
}

/** Reads what `writeEntry` has written; undefined if it is not whole. */
export function readEntry<Facts>(entry: Uint8Array): Entry<Facts> | undefined {
  const at = entry.indexOf(LINE_FEED);
  if (at === -1) return undefined;
  try {
    const head = parseJson(new TextDecoder().decode(entry.subarray(0, at))) as {
      length: number;
      facts: Facts;
    };
    const bytes = entry.subarray(at + 1);
    return bytes.length === head.length ? { facts: head.facts, bytes } : undefined;
  } catch {
    return undefined;
  }
}
