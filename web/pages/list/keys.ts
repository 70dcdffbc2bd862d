import { useEffect, useRef } from "preact/hooks";
import { isTyping } from "../../frame/top.tsx";
import { FILTER_FIELD } from "./toolbar.tsx";

/** The keys of the list, as its sheet shows them. */
export const LIST_KEYS: [string, string][] = [
  ["j k ↑ ↓", "the next and the previous execution"],
  ["Enter", "open it"],
  ["→ ←", "the next and the previous page"],
  ["/", "the filters"],
  ["?", "this sheet"],
];

/** The actions of the keys. */
interface ListActions {
  /** Moves the mark by so many rows. */
  move: (rows: number) => void;
  /** Goes to another page, by so many. */
  turn: (pages: number) => void;
  /** Opens the execution that is marked. */
  open: () => void;
  help: () => void;
}

/** Lets the keys do what the sheet says, while the page is mounted. */
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
