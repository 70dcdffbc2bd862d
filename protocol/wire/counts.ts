import { OUTPUT_TYPES, type OutputType } from "./chunk.ts";

/** Bytes that the process wrote, by stream. */
export type ByteCounts = Record<OutputType, number>;

/** Lines that have ended, by stream: line feeds. A gap is a line too. */
export type LineCounts = Record<OutputType, number>;

export function noLines(): LineCounts {
  return { stdout: 0, stderr: 0, other: 0 };
}

/** Lines of the streams that are read. */
export function countOf(counts: LineCounts, types: readonly OutputType[] = OUTPUT_TYPES): number {
  return types.reduce((sum, type) => sum + counts[type], 0);
}
