import { useEffect, useRef } from "preact/hooks";
import { isTyping } from "../../frame/top.tsx";
import { FILTER_FIELD } from "./toolbar.tsx";

/** The keys of the list, as its help shows them. */
export const LIST_KEYS: [string, string][] = [
  ["j k ↑ ↓", "next or previous execution"],
  ["Enter", "open the execution"],
  ["→ ←", "next or previous page"],
  ["/", "go to the filters"],
  ["?", "show these keys"],
];

/** The actions of the keys. */
interface ListActions {
  /** Moves the mark by a number of rows. */
  move: (rows: number) => void;
  /** Goes forward or back by a number of pages. */
  turn: (pages: number) => void;
  /** Opens the execution that is marked. */
  open: () => void;
  help: () => void;
}

/** Makes the keys work while the page is mounted. */
export function useListKeys(actions: ListActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent) => pressed(event, latest.current);
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);
}

function pressed(event: KeyboardEvent, { move, turn, open, help }: ListActions): void {
  if (isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (document.querySelector("dialog[open]")) return;
  const acts: Record<string, () => void> = {
    j: () => move(1),
    ArrowDown: () => move(1),
    k: () => move(-1),
    ArrowUp: () => move(-1),
    ArrowRight: () => turn(1),
    ArrowLeft: () => turn(-1),
    "/": () => document.getElementById(FILTER_FIELD)?.focus(),
    "?": help,
  };
  // A button or a link that has the focus takes Enter itself.
  if (document.activeElement === document.body) acts.Enter = open;
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  act();
}
