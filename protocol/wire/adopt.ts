import { PATH_CHARS_MAX } from "../base/limits.ts";
import { type Chunk, encodeChunk, firstSeq, GAP_KEY, headOf } from "./chunk.ts";

/** Whose lines a parent takes into its log: the child, and how the parent calls it. */
export interface ChildLabel {
  execution_id: string;
  name: string;
}

/**
 * Lines of a child's log as its parent's: numbered anew from `first_seq`, each with the execution that wrote it, if it does
 * not say so yet, and with the child's name before its path. The lines are in their canonical form, so nothing of them is
 * parsed but a gap.
 */
export function adoptLines(lines: string, first_seq: number, label: ChildLabel): string {
  const name = JSON.stringify(label.name).slice(1, -1);
  let adopted = "";
  let seq = first_seq;
  for (let at = 0; at < lines.length; ) {
    const end = lines.indexOf("\n", at) + 1;
    const head = headOf(lines, at);
    if (head.includes(GAP_KEY)) {
      const own = adoptGap(JSON.parse(lines.slice(at, end)), seq, label);
      adopted += encodeChunk(own);
      seq = own.seq + 1;
    } else {
      const fields = head.slice(head.indexOf(","));
      const data = lines.slice(at + head.length, end);
      adopted += `{"seq":${seq++}${labelled(fields, label.execution_id, name)}${data}`;
    }
    at = end;
  }
  return adopted;
}

const ID_KEY = '"execution_id":"';
const PATH_KEY = '"path":"';

function labelled(fields: string, execution_id: string, name: string): string {
  const key_at = fields.indexOf(PATH_KEY);
  const id = fields.includes(ID_KEY) ? "" : `${ID_KEY}${execution_id}",`;
  if (key_at === -1) return `${fields}${id}${PATH_KEY}${name}",`;
  const path_at = key_at + PATH_KEY.length;
  // The path is the last of the fields: a comma and a quote end them.
  if (fields.length - path_at + name.length >= PATH_CHARS_MAX) return fields;
  return `${fields.slice(0, path_at)}${name}/${fields.slice(path_at)}`;
}

/** A gap as its parent's: of a range, it stands for as many numbers there. */
function adoptGap(chunk: Chunk, first_seq: number, { execution_id, name }: ChildLabel): Chunk {
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
