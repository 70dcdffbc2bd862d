import { PATH_CHARS_MAX } from "../base/limits.ts";
import { type Chunk, firstSeq } from "./chunk.ts";
import { type LineLabel, relabelLines } from "./line.ts";

/**
 * Lines of a child's log for its parent's log: with new numbers from `first_seq`. Each names the execution that wrote it, and has the
 * child's name before its path. The lines are in canonical form, so only gaps are parsed.
 */
export function adoptLines(lines: string, first_seq: number, label: LineLabel): string {
  return relabelLines(lines, first_seq, label, PATH_CHARS_MAX, (chunk, seq) => adoptGap(chunk, seq, label));
}

/** A gap for the parent's log. A gap of a range covers as many numbers there. */
function adoptGap(chunk: Chunk, first_seq: number, { execution_id, name }: LineLabel): Chunk {
  const seq = first_seq + chunk.seq - firstSeq(chunk);
  const path = chunk.path === undefined ? name : `${name}/${chunk.path}`;
  const adopted: Chunk = {
    ...chunk,
    seq,
    execution_id: chunk.execution_id ?? execution_id,
    path: path.length > PATH_CHARS_MAX ? chunk.path : path,
  };
  if (chunk.gap?.first_seq === undefined) return adopted;
  return { ...adopted, gap: { ...chunk.gap, first_seq } };
}
