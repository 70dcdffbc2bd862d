import type { PauseResult, RedactResult } from "../../objects/execution.ts";
import type { Steps } from "./step.ts";

/** A user pauses or resumes a chain. */
export function steer(steps: Steps, event: { kind: "pause" | "resume"; user: string }): PauseResult {
  const { answer } = steps.take(event);
  return answer.kind === "refused" ? answer : { kind: "taken", execution: steps.stored.document() };
}

/** Removes texts from everything that is stored; undefined if the execution does not exist any more. */
export async function redact(steps: Steps, texts: string[]): Promise<RedactResult | undefined> {
  if (!steps.state) return undefined;
  const { answer, delivered } = steps.take({ kind: "redact", texts });
  if (answer.kind === "refused") return answer;
  await delivered;
  return { kind: "redacted", done: steps.stored.record.redaction.length === 0 };
}
