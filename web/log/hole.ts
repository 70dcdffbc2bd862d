import type { ShownLine } from "../../protocol/wire/shown-line.ts";

/** Places that the log has dropped. They are one gap, which is shown at `from`. */
export interface Hole {
  from: number;
  size: number;
}

/** The row of a place. */
export function rowOfPlace(hole: Hole | undefined, place: number): number {
  if (!hole || place <= hole.from) return place - 1;
  return Math.max(hole.from - 1, place - 1 - hole.size);
}

/** The place of a row. */
export function placeOfRow(hole: Hole | undefined, row: number): number {
  return hole && row >= hole.from ? row + 1 + hole.size : row + 1;
}

/** The row shown at a place that the log has dropped. */
export function missingLine(place: number): ShownLine {
  return {
    number: place,
    place,
    seq: 0,
    timestamp: "",
    output_type: "other",
    text: "",
    omitted: 0,
    headless: true,
    gap: { reason: "limit", bytes: null },
  };
}
