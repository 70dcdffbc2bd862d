import { ROW_CHARS_MAX } from "../../protocol/base/reader-limits.ts";
import type { Run } from "../../protocol/screen/runs.ts";
import type { Style } from "../../protocol/screen/style.ts";
import { type ShownLine, textOf } from "../../protocol/wire/shown-line.ts";
import { grouped } from "../base/grouped.ts";
import { lineTime, type TimeMode } from "./line-time.ts";
import { type Mark, markOf, placeOf } from "./shown-match.ts";
import { coloursOf, uncoloured } from "./style.ts";

/** How rows are shown. */
export interface RowLook {
  time: TimeMode;
  numbers: boolean;
  /** Whether rows say which host or child wrote them. */
  labels: boolean;
  start_ms: number;
  /** The line before, if the time depends on it. */
  before: ShownLine | undefined;
  mark: (line: ShownLine) => Mark | undefined;
  selected: (line: ShownLine) => boolean;
}

/** Pieces of one style or link in a row. The rest takes the style of the last piece. */
export const RUNS_MAX = 24;

/**
 * One row, built from text nodes and elements: output is not parsed as HTML. Without runs it has no height.
 */
export function buildRow(line: ShownLine, runs: readonly Run[] | undefined, look: RowLook): HTMLElement {
  const row = document.createElement("div");
  row.className = `row ${line.output_type}`;
  if (runs === undefined) {
    row.classList.add("folded");
    return row;
  }
  if (line.gap) row.classList.add("gap");
  if (look.selected(line)) row.classList.add("selected");
  if (look.numbers) row.append(numberLink(line));
  if (look.time !== "none") row.append(timeSpan(line, look));
  if (look.labels) row.append(span("label", line.path ?? line.host ?? shortId(line.execution_id) ?? ""));
  const text = span("text", "");
  if (line.gap) text.textContent = gapText(line);
  else fillText(text, line, runs, look);
  row.append(text);
  return row;
}

function timeSpan(line: ShownLine, look: RowLook): HTMLElement {
  const { text, title } = lineTime(line, look.time, look);
  const element = span(look.time === "wall" || look.time === "utc" ? "time clock" : "time", text);
  element.title = title;
  return element;
}

/** A row whose line has not been read yet. */
export function emptyRow(number: number): HTMLElement {
  const row = document.createElement("div");
  row.className = "row missing";
  row.append(span("number", String(number)), span("text", "…"));
  return row;
}

function numberLink({ number, output_type, drawn_from }: ShownLine): HTMLElement {
  const link = document.createElement("a");
  link.className = "number";
  link.href = `#L${number}`;
  link.tabIndex = -1;
  link.dataset.line = String(number);
  link.textContent = String(number);
  link.title = drawn_from
    ? `${output_type}. Drawn from line ${drawn_from} on: earlier colours may be missing`
    : output_type;
  return link;
}

function fillText(element: HTMLElement, line: ShownLine, runs: readonly Run[], look: RowLook): void {
  if (line.headless) element.append(span("cut", "…"));
  const whole = textOf(runs);
  const mark = look.mark(line);
  const { cut, at, is_beyond } = mark
    ? placeOf(mark, whole)
    : { cut: ROW_CHARS_MAX, at: -1, is_beyond: false };
  let offset = 0;
  for (const run of merged(clip(runs, cut))) {
    const end = offset + run.text.length;
    if (mark && at >= 0 && at < end && at + mark.match.text.length > offset) {
      const from = Math.max(0, at - offset);
      const to = Math.min(run.text.length, at + mark.match.text.length - offset);
      appendRun(element, { ...run, text: run.text.slice(0, from) });
      const marked = markOf(mark);
      appendRun(marked, { text: run.text.slice(from, to), style: uncoloured(run.style) });
      element.append(marked);
      appendRun(element, { ...run, text: run.text.slice(to) });
    } else appendRun(element, run);
    offset = end;
  }
  const shown = mark && is_beyond ? appendBeyond(element, mark, cut) : Math.min(whole.length, ROW_CHARS_MAX);
  const omitted = line.omitted + whole.length - shown;
  if (omitted > 0) element.append(span("cut", ` … ${grouped(omitted)} more characters in the download`));
}

/** Shows a match that is far from the row's beginning, and the text around it. Returns where that text ends. */
function appendBeyond(element: HTMLElement, mark: Mark, cut: number): number {
  const { start, text, before = "", after = "" } = mark.match;
  const between = start - before.length - cut;
  if (between > 0) element.append(span("cut", ` … ${grouped(between)} more characters … `));
  const marked = markOf(mark);
  marked.textContent = text;
  element.append(before, marked, after);
  return start + text.length + after.length;
}

/** The runs of the characters that are shown. */
function clip(runs: readonly Run[], chars: number): Run[] {
  const shown: Run[] = [];
  let left = chars;
  for (const { text, style } of runs) {
    if (left <= 0) break;
    shown.push({ text: text.slice(0, left), style });
    left -= text.length;
  }
  return shown;
}

/** Runs merged to at most `RUNS_MAX`. */
function merged(runs: Run[]): Run[] {
  if (runs.length <= RUNS_MAX) return runs;
  const rest = runs.slice(RUNS_MAX - 1);
  return [
    ...runs.slice(0, RUNS_MAX - 1),
    { text: rest.map(({ text }) => text).join(""), style: rest[0]?.style ?? {} },
  ];
}

const URL_PATTERN = /https?:\/\/[^\s<>"'`]+[^\s<>"'`.,;:!?)\]}]/g;

/** Links of a row at most. */
const LINKS_MAX = 8;

function appendRun(parent: HTMLElement, { text, style }: Run): void {
  if (text === "") return;
  if (style.href) {
    parent.append(styled(link(style.href, text), style));
    return;
  }
  let at = 0;
  let links = 0;
  if (text.includes("://")) {
    for (const { 0: url, index } of text.matchAll(URL_PATTERN)) {
      if (links++ === LINKS_MAX) break;
      if (index > at) parent.append(piece(text.slice(at, index), style));
      parent.append(styled(link(url, url), style));
      at = index + url.length;
    }
  }
  if (at < text.length) parent.append(piece(text.slice(at), style));
}

function piece(text: string, style: Style): Node {
  if (Object.keys(style).length === 0) return document.createTextNode(text);
  return styled(span("", text), style);
}

function link(href: string, text: string): HTMLElement {
  const element = document.createElement("a");
  element.href = href;
  element.rel = "noopener noreferrer nofollow";
  element.target = "_blank";
  element.textContent = text;
  element.tabIndex = -1;
  return element;
}

/** Colours are set as properties, which the content policy allows and no text can break out of. */
function styled(element: HTMLElement, style: Style): HTMLElement {
  const { text, background } = coloursOf(style);
  if (text) element.style.color = text;
  if (background) element.style.backgroundColor = background;
  for (const name of SWITCHES) if (style[name]) element.classList.add(name);
  return element;
}

const SWITCHES = ["bold", "italic", "underline", "strike", "hidden"] as const;

function span(name: string, text: string): HTMLElement {
  const element = document.createElement("span");
  if (name !== "") element.className = name;
  element.textContent = text;
  return element;
}

function gapText({ gap }: ShownLine): string {
  const size = gap?.bytes === null || gap?.bytes === undefined ? "output" : `${grouped(gap.bytes)} bytes`;
  return `— ${size} missing here: ${GAP_REASONS[gap?.reason ?? "limit"]} —`;
}

const GAP_REASONS = {
  spool_full: "the agent's spool was full",
  agent_lost: "the agent was lost",
  agent_restarted: "the agent restarted",
  limit: "the output exceeded its limit",
};

function shortId(id: string | undefined): string | undefined {
  return id?.slice(-6);
}
