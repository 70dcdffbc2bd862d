import { writeExact } from "../../../protocol/base/numbers.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { isAdopted } from "../../../protocol/wire/line.ts";
import { splitLines } from "../../../protocol/wire/ndjson.ts";
import { sseFrame, sseOrigin, sseOutput } from "../../../protocol/wire/sse.ts";
import type { LifecycleEvent } from "../../objects/hub.ts";

/** One event of the stream that is not output: its name and its body. */
export interface NamedEvent {
  name: string;
  body: Record<string, unknown>;
}

/** The parts of an execution that its output events contain. */
export interface Origin {
  id: string;
  action: { ref: string };
  runner: { name: string };
}

/** StackStorm's events for a change: one of the execution, and one of its liveaction. */
export function namedEvents({ change, execution }: LifecycleEvent): NamedEvent[] {
  const verb = change === 0 ? "create" : "update";
  return [
    { name: `st2.execution__${verb}`, body: execution },
    { name: `st2.liveaction__${verb}`, body: liveAction(execution) },
  ];
}

export function frameOf({ name, body }: NamedEvent): string {
  return sseFrame(name, writeExact(body));
}

/**
 * Lines of an execution's log as output events. The lines of its children are left out: each child's own log
 * is followed too.
 */
export function outputFrames({ id, action, runner }: Origin, lines: string): string {
  const origin = sseOrigin({ execution_id: id, action_ref: action.ref, runner_ref: runner.name });
  let frames = "";
  for (const line of splitLines(lines)) {
    if (!isAdopted(line)) frames += sseOutput(line, origin, id);
  }
  return frames;
}

function liveAction(execution: Execution): Record<string, unknown> {
  const { liveaction, status, context, result, start_timestamp, end_timestamp } = execution;
  return {
    ...liveaction,
    status,
    context,
    result,
    start_timestamp,
    end_timestamp,
    callback: {},
    runner_info: {},
  };
}
