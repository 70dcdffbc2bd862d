import { TailraceError } from "../../../protocol/base/errors.ts";
import { STEPS_MAX } from "../../../protocol/base/limits.ts";
import { Steps } from "../../../protocol/base/steps.ts";
import type { ActionSpec } from "../../../protocol/model/action.ts";
import { patternProblem } from "../../../protocol/model/action-patterns.ts";

/** `invalid` if a schema has a pattern that RE2 refuses, because no parameter can be checked against it. */
export function refusePatterns(actions: ActionSpec[]): void {
  const steps = new Steps(STEPS_MAX);
  for (const action of actions) {
    const problem = patternProblem(action, steps);
    if (!problem) continue;
    const place = [`${action.pack}.${action.name}`, ...problem.keys].join(".");
    throw new TailraceError("invalid", `${place}: ${problem.reason}`);
  }
}
