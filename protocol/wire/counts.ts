import { OUTPUT_TYPES, type OutputType } from "./chunk.ts";

/** Bytes that the process wrote, by stream. */
export type ByteCounts = Record<OutputType, number>;

/** Complete lines by stream: line feeds, and gaps, which count as lines. */
export type LineCounts = Record<OutputType, number>;

export function noLines(): LineCounts {
  return { stdout: 0, stderr: 0, other: 0 };
}

/** The number of lines of some streams. */
export function countOf(counts: LineCounts, types: readonly OutputType[] = OUTPUT_TYPES): number {
  return types.reduce((sum, type) => sum + counts[type], 0);
}
