import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Journal } from "../facts.ts";

/** The notes of all programs, by execution and start. */
export function readJournals(folder: string): Map<string, Journal[]> {
  const all = new Map<string, Journal[]>();
  for (const name of readdirSync(folder).sort()) {
    const journal = readJournal(readFileSync(join(folder, name), "utf8"));
    const execution = name.slice(0, name.indexOf("."));
    if (journal) all.set(execution, [...(all.get(execution) ?? []), journal]);
  }
  return all;
}

/** The notes of one start; undefined if the program ended before its first note. */
export function readJournal(text: string): Journal | undefined {
  let journal: Journal | undefined;
  // A killed program may leave a note without its line end.
  for (const line of text.split("\n").slice(0, -1)) {
    const [word, first = "", second = ""] = line.split(" ");
    if (word === "start") {
      const started_ms = Number(second) * 1000;
      const empty = { exit: undefined, ended_ms: undefined, signal: undefined };
      journal ??= { pid: Number(first), started_ms, about: 0, written: 0, ...empty };
    } else if (!journal) continue;
    else if (word === "a") journal.about = Number(first);
    else if (word === "w") journal.written = Number(first);
    else if (word === "signal") journal.signal = first;
    else if (word === "end") {
      journal.exit = Number(first);
      journal.ended_ms = Number(second) * 1000;
    }
  }
  return journal;
}
