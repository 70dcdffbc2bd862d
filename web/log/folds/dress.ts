import type { Run } from "../../../protocol/screen/runs.ts";
import { PLAIN } from "../../../protocol/screen/style.ts";
import { grouped } from "../../base/grouped.ts";
import { durationText } from "../../base/time.ts";
import type { Fold } from "./folds-of.ts";

/** The text of a group's first line without its marker; its name, if the line shows nothing else. */
export function titleRuns(runs: readonly Run[], { cut, name }: Fold): readonly Run[] {
  let left = cut;
  const titled = runs.map(({ text, style }) => {
    const rest = text.slice(left);
    left = Math.max(0, left - text.length);
    return { text: rest, style };
  });
  return titled.some(({ text }) => text.trim() !== "") ? titled : [{ text: name || "Group", style: PLAIN }];
}

/** The text of the line that ends a group. */
export function endRuns({ name }: Fold): readonly Run[] {
  return [{ text: `└ ${name || "Group"}`, style: PLAIN }];
}

/** Lines of shorter groups come in one chunk, whose time says nothing of the time between them. */
const TOOK_MS_MIN = 100;

/** Makes a row the head of a group or of a run: a button that folds and opens it, and what it contains. */
export function dress(row: HTMLElement, fold: Fold, is_folded: boolean): HTMLElement {
  row.classList.add("fold", `fold-${fold.look ?? fold.kind}`);
  const size = sizeText(fold);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "fold-button";
  button.dataset.fold = String(fold.from);
  button.setAttribute("aria-expanded", String(!is_folded));
  button.setAttribute("aria-label", `${fold.name || "Group"}, ${size || "not done"}`);
  const count = document.createElement("span");
  count.className = "fold-size";
  count.textContent = size;
  const text = row.querySelector(".text");
  text?.prepend(button);
  text?.append(count);
  return button;
}

/** All that a head shows of its fold, as one text. */
export function dressText(fold: Fold, is_folded: boolean): string {
  return [is_folded, fold.kind, fold.look, fold.cut, sizeText(fold), fold.name].join(" ");
}

function sizeText({ kind, lines, to, took_ms }: Fold): string {
  if (kind === "run") return `× ${grouped(lines)}`;
  if (to === undefined) return "";
  const took = took_ms === undefined || took_ms < TOOK_MS_MIN ? "" : `, ${durationText(took_ms)}`;
  return `${grouped(lines)} ${lines === 1 ? "line" : "lines"}${took}`;
}

/** The place of the fold whose head was clicked; undefined for anything else, and if text has been selected. */
export function clickedFold({ target }: Event): number | undefined {
  if (!(target instanceof Element) || target.closest("a")) return undefined;
  const head = target.closest(".row.fold .text");
  const button = head?.querySelector<HTMLElement>(".fold-button");
  if (!button || (target !== button && !(getSelection()?.isCollapsed ?? true))) return undefined;
  return Number(button.dataset.fold);
}
