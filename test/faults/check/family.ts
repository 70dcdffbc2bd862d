import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import type { Chunk } from "../../../protocol/wire/chunk.ts";
import type { Facts, Replay, Violation } from "../facts.ts";

/** Checks a parent: it has each child once, its end combines theirs, and its log has all output below it. */
export function checkFamily(facts: Facts, document: Execution, replay: Replay | undefined): Violation[] {
  const found: Violation[] = [];
  const violate = (rule: string, text: string) => found.push({ execution: facts.id, rule, text });
  const { children, acts, allowances } = facts;
  const is_chain = document.runner.name === "action-chain";
  const tokens = children.flatMap(tokenOf);
  if (is_chain && new Set(tokens).size < tokens.length)
    violate("one start", `a task was started twice: ${tokens.join(", ")}`);
  const statuses = children.map(statusOf).filter((status) => status !== undefined);
  if (!isCompleted(document.status)) violate("hung", `it never completed: ${document.status}`);
  for (const status of statuses)
    if (isCompleted(document.status) && !isCompleted(status))
      violate("family", `a child of it is ${status} still`);
  const counted = is_chain ? statuses.slice(-1) : statuses;
  const is_due = counted.length > 0 && counted.every((status) => status === "succeeded");
  if (document.status === "succeeded" && !is_due)
    violate("status", `succeeded, and its children are ${statuses.join(", ") || "none"}`);
  const is_asked = acts.some(({ what, answer }) => what === "cancel" && answer !== "refused");
  if (document.status === "failed" && is_due && !is_asked && !allowances.start_failure)
    violate("status", `failed, and its children are ${statuses.join(", ")}`);
  if (document.status === "canceled" && !is_asked && !statuses.includes("canceled"))
    violate("status", "canceled, and it was not canceled");
  if (document.status === "abandoned" && !allowances.abandoned)
    violate("status", "abandoned, and no agent was away");
  if (replay) found.push(...checkAdopted(facts, replay));
  return found;
}

function checkAdopted({ id, children }: Facts, replay: Replay): Violation[] {
  const adopted = Map.groupBy(replay.chunks, ({ execution_id }) => execution_id ?? "");
  return below(children).flatMap((child) => {
    if (child.replay === "expired" || child.replay === "gone" || child.children.length > 0) return [];
    const own = child.replay.chunks.map(essence);
    const shown = (adopted.get(child.id) ?? []).map(essence);
    const at = own.findIndex((line, index) => line !== shown[index]);
    if (at === -1 && own.length === shown.length) return [];
    const text = `of ${child.id} it has ${shown.length} chunks, and that has ${own.length}; they differ from chunk ${at + 1} on`;
    return [{ execution: id, rule: "family", text }];
  });
}

function below(children: Facts[]): Facts[] {
  return children.flatMap((child) => [child, ...below(child.children)]);
}

/** The fields that a chunk keeps in its parent's log. */
function essence({ timestamp, output_type, encoding, gap, data }: Chunk): string {
  return JSON.stringify([timestamp, output_type, encoding, gap, data]);
}

function tokenOf({ document }: Facts): string[] {
  const token = document === "gone" ? undefined : document.parameters.token;
  return typeof token === "string" ? [token] : [];
}

function statusOf({ document }: Facts): Status | undefined {
  return document === "gone" ? undefined : document.status;
}
