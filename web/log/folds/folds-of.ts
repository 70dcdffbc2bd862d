import { HEADER } from "../../../protocol/wire/fold-markers.ts";
import { type FoldMark, RUN_LINES_MIN } from "../../../protocol/wire/fold-scanner.ts";

/** Lines that fold into their first one: a group, or a run of the same line. By places, both included. */
export interface Fold {
  kind: "group" | "run";
  from: number;
  /** The last line; undefined while the group is not done. */
  to: number | undefined;
  /** The lines that it counts. */
  lines: number;
  /** The last line shows the end's marker. */
  has_end: boolean;
  name: string;
  /** The characters of the first line that are the marker. */
  cut: number;
  look: "open" | "muted" | undefined;
  time_ms?: number | undefined;
  took_ms?: number | undefined;
  parent: Fold | undefined;
}

/** Whether a fold hides a place when it is folded. */
export function isInside(place: number, { from, to = Number.POSITIVE_INFINITY }: Fold): boolean {
  return place > from && place <= to;
}

/** The folds of an output, in the order of their first lines. `is_cut`: a group ends whose beginning is not among the marks. */
export function foldsOf(marks: readonly FoldMark[]): { folds: Fold[]; is_cut: boolean } {
  const folds: Fold[] = [];
  let open: Fold | undefined;
  /** The keys of the open groups, from the outermost. */
  let keys: string[] = [];
  let source: string | undefined;
  let is_cut = false;
  const close = (to: number, has_end: boolean, time_ms: number | undefined) => {
    if (!open) return;
    // A section may end in the line that it begins in.
    open.to = Math.max(open.from, to);
    open.has_end = has_end && to > open.from;
    open.lines = open.to - open.from - (open.has_end ? 1 : 0);
    if (time_ms !== undefined && open.time_ms !== undefined)
      open.took_ms = Math.max(0, time_ms - open.time_ms);
    open = open.parent;
    keys.pop();
  };
  for (const mark of marks) {
    if (mark.kind === "source") {
      // Lines of several sources in one group: the group would hide lines that are not its own.
      if (mark.source !== source) [open, keys] = [undefined, []];
      source = mark.source;
    } else if (mark.kind === "run") {
      const last = folds.at(-1);
      if (last?.kind === "run" && last.to === mark.place - 1 && last.name === mark.text) {
        last.lines += mark.count;
        last.to = mark.place + mark.count - 1;
      } else if (mark.count >= RUN_LINES_MIN) {
        folds.push(runOf(mark, open));
      }
    } else if (mark.kind === "reopen") {
      if (open) open.look = "open";
    } else if (mark.kind === "end") {
      const at = keys.lastIndexOf(mark.key);
      is_cut ||= at === -1;
      while (at !== -1 && keys.length > at + 1) close(mark.place - 1, false, mark.time_ms);
      if (at !== -1) close(mark.shares ? mark.place - 1 : mark.place, !mark.shares, mark.time_ms);
    } else {
      if (mark.key === HEADER && keys.at(-1) === HEADER) close(mark.place - 1, false, mark.time_ms);
      const { place: from, name, cut, look, time_ms } = mark;
      open = {
        kind: "group",
        from,
        to: undefined,
        lines: 0,
        has_end: false,
        name,
        cut,
        look,
        time_ms,
        parent: open,
      };
      keys.push(mark.key);
      folds.push(open);
    }
  }
  return { folds, is_cut };
}

function runOf({ place, count, text }: Extract<FoldMark, { kind: "run" }>, parent: Fold | undefined): Fold {
  const [from, to] = [place, place + count - 1];
  return { kind: "run", from, to, lines: count, has_end: false, name: text, cut: 0, look: undefined, parent };
}
