import type { PauseResult } from "../../objects/execution.ts";
import type { Steps } from "./step.ts";

/** A user pauses or resumes a chain. */
export function steer(steps: Steps, event: { kind: "pause" | "resume"; user: string }): PauseResult {
  const { answer } = steps.take(event);
  return answer.kind === "refused" ? answer : { kind: "taken", execution: steps.stored.document() };
}
