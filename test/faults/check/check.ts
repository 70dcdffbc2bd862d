import type { Facts, Violation } from "../facts.ts";
import { scriptIn } from "../programs/lines.ts";
import { checkFamily } from "./family.ts";
import { checkFollower } from "./followers.ts";
import { checkLog } from "./log.ts";
import { checkOutcome } from "./outcome.ts";
import { checkRetention } from "./retention.ts";
import { checkWritten } from "./written.ts";

/** All violations of an execution, from its program's notes, its followers' records and the acts on it. */
export function checkExecution(facts: Facts): Violation[] {
  const { id, document, journals, children } = facts;
  const replay = facts.replay === "expired" || facts.replay === "gone" ? undefined : facts.replay;
  const found: Violation[] = [];
  if (document !== "gone") {
    const { status, runner, parameters, children: ids = [] } = document;
    const script = scriptIn(parameters);
    const is_parent = runner.name === "action-chain" || ids.length > 0;
    if (is_parent) found.push(...checkFamily(facts, document, replay));
    else if (script) {
      found.push(...checkOutcome(facts, document, script, replay));
      const written = SILENT.test(document.action.ref) ? { ...script, lines: 0 } : script;
      if (replay && journals.length <= 1)
        found.push(...checkWritten(id, written, replay.chunks, silenced(journals[0], written.lines)));
    }
    if (replay?.end && replay.end.status !== status)
      found.push({
        execution: id,
        rule: "end",
        text: `the end says ${replay.end.status}, the document ${status}`,
      });
  } else if (journals.length > 1) {
    found.push({
      execution: id,
      rule: "one start",
      text: `the program was started ${journals.length} times`,
    });
  }
  found.push(...checkRetention(facts));
  if (replay) found.push(...checkLog(facts, replay));
  for (const seen of facts.followers) found.push(...checkFollower(facts, seen, replay));
  return [...found, ...children.flatMap(checkExecution)];
}

/** An action without streaming: its output is only in its result. */
const SILENT = /\.silent$/;

function silenced(journal: Facts["journals"][number] | undefined, lines: number) {
  if (!journal) return undefined;
  return { ...journal, about: Math.min(journal.about, lines), written: Math.min(journal.written, lines) };
}
