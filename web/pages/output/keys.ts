import { useEffect, useRef } from "preact/hooks";
import { isTyping } from "../../frame/top.tsx";
import type { LogControl } from "../../log/log-control.ts";
import { SEARCH_FIELD } from "./search-bar.tsx";
import { nextTime, type OutputView } from "./view.ts";

/** The keys of an output page, as its help shows them. */
export const OUTPUT_KEYS: [string, string][] = [
  ["↑ ↓ j k", "one row"],
  ["PgUp PgDn Space", "one page"],
  ["Home g", "the first line"],
  ["End G", "the end, and follow new output"],
  ["Ctrl-F or /", "search the whole output; Ctrl-F again opens the browser's search"],
  ["n N", "next or previous match"],
  ["e E", "next or previous error: stderr, and what looks like an error"],
  ["f F", "fold or open the group at the selected or the top line; all groups"],
  ["Shift-↓ Shift-↑ J K", "select a line, then more lines; Shift-PgDn, Shift-PgUp: a page of them"],
  ["↑ ↓ j k", "with a line selected so: the next or previous line; Enter: copy its link"],
  ["Ctrl-A", "select all lines"],
  ["Ctrl-C", "copy the selected lines, also those not on the screen"],
  ["l", "copy a link to the selected lines; c: to their chunk"],
  ["w t #", "wrap, time, line numbers"],
  ["1 2 3", "show stdout, stderr, other"],
  ["d p", "details; hosts and tasks"],
  ["z", "the output in the whole window"],
  ["Esc", "close the search, or clear the selection"],
  ["click a number", "select a line and copy its link; with Shift: extend the selection to it"],
];

/** Makes the keys work while the page is mounted. Without `control`, as for lanes, keys of a log do nothing. */
export function useOutputKeys(view: OutputView, control: LogControl | undefined): void {
  const latest = useRef({ view, control });
  latest.current = { view, control };
  useEffect(() => {
    const press = (event: KeyboardEvent) => pressed(event, latest.current.view, latest.current.control);
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function pressed(event: KeyboardEvent, view: OutputView, control: LogControl | undefined): void {
  if (view.help) return;
  if (event.key === "Escape") {
    if (view.searching) view.closeSearch();
    else control?.selection.select(undefined, false);
    return;
  }
  const act = actionOf(event, view, control);
  if (!act) return;
  event.preventDefault();
  act();
}

type Act = (() => void) | undefined;

function actionOf(event: KeyboardEvent, view: OutputView, control: LogControl | undefined): Act {
  const { key } = event;
  const is_command = event.ctrlKey || event.metaKey;
  if (is_command && key === "f") return control && searchAction(view);
  if (isTyping(event)) return undefined;
  if (is_command) return control && copyActions(control)[key];
  if (event.altKey) return undefined;
  if ((key === " " || key === "Enter") && document.activeElement?.getAttribute("role") !== "log")
    return undefined;
  if (!control) return viewActions(view)[key];
  const selects = selectActions(control)[event.shiftKey && key.length > 1 ? `Shift-${key}` : key];
  return selects ?? logActions(view, control)[key] ?? viewActions(view)[key];
}

/** A second Ctrl-F in our search field opens the browser's own search. */
function searchAction({ settings, openSearch }: OutputView): Act {
  return settings.own_search && document.activeElement?.id !== SEARCH_FIELD ? openSearch : undefined;
}

function copyActions(control: LogControl): Record<string, Act> {
  const is_text_selected = !(getSelection()?.isCollapsed ?? true);
  return {
    a: () => control.selection.selectAll(),
    c: control.selection.range && !is_text_selected ? () => void control.selection.copy() : undefined,
  };
}

/** Keys that select lines. Those without Shift move a selection that keys have made. */
function selectActions({ selection, viewport }: LogControl): Record<string, Act> {
  const { cursor } = selection;
  const down = () => cursor.move(1, true);
  const up = () => cursor.move(-1, true);
  const always = {
    "Shift-ArrowDown": down,
    J: down,
    "Shift-ArrowUp": up,
    K: up,
    "Shift-PageDown": () => cursor.move(viewport.page - 1, true),
    "Shift-PageUp": () => cursor.move(1 - viewport.page, true),
    Enter: selection.range && (() => selection.select(selection.range, true)),
  };
  if (!cursor.is_on) return always;
  const next = () => cursor.move(1, false);
  const previous = () => cursor.move(-1, false);
  return { ...always, ArrowDown: next, j: next, ArrowUp: previous, k: previous };
}

function logActions({ openSearch }: OutputView, control: LogControl): Record<string, Act> {
  const { viewport } = control;
  return {
    ArrowDown: () => viewport.moveRows(1),
    j: () => viewport.moveRows(1),
    ArrowUp: () => viewport.moveRows(-1),
    k: () => viewport.moveRows(-1),
    PageDown: () => viewport.moveRows(viewport.page - 1),
    " ": () => viewport.moveRows(viewport.page - 1),
    PageUp: () => viewport.moveRows(1 - viewport.page),
    Home: () => viewport.toStart(),
    g: () => viewport.toStart(),
    End: () => viewport.follow(),
    G: () => viewport.follow(),
    "/": openSearch,
    n: () => control.showMatch(1),
    N: () => control.showMatch(-1),
    e: () => void control.showError("next"),
    E: () => void control.showError("previous"),
    f: () => control.folding.toggleNear(),
    F: () => control.folding.toggleAll(),
    l: () => control.selection.select(control.selection.range, true),
    c: () => void control.selection.copyChunkLink(),
  };
}

function viewActions(view: OutputView): Record<string, Act> {
  const { settings } = view;
  return {
    w: () => view.change({ wrap: !settings.wrap }),
    t: () => view.change({ time: nextTime(settings.time) }),
    "#": () => view.change({ numbers: !settings.numbers }),
    "1": () => view.toggleType("stdout"),
    "2": () => view.toggleType("stderr"),
    "3": () => view.toggleType("other"),
    d: () => view.setDetails(!view.details),
    p: () => view.setTree(!view.tree),
    z: () => view.setFull(!view.full),
    "?": () => view.setHelp(true),
  };
}
