import type { Span } from "@opentelemetry/api";
import type { Tracing } from "../../protocol/tracing/tracing.ts";
import type { EndExecution } from "../../protocol/wire/agent.ts";
import type { RunContext } from "./parts.ts";

/** A part of a run that gets a span of its own. They follow each other, so each ends the one before it. */
type Phase = "lease" | "prepare" | "process" | "report";

/** The part of an execution that its spans show. */
export interface Traced {
  execution_id: string;
  /** The action's reference. */
  action: string;
  runner?: string;
  traceparent?: string | undefined;
}

/** The spans of one run: the run itself, and its phases. Its times are the server's, as those of its output. Does nothing without tracing. */
export class RunSpans {
  readonly #tracing: Tracing | undefined;
  readonly #now_ms: () => number;
  readonly #given: string | undefined;
  readonly #run: Span | undefined;
  #phase: Span | undefined;

  constructor(
    { tracing, clock }: Pick<RunContext, "tracing" | "clock">,
    { execution_id, action, runner, traceparent }: Traced,
    since_ms: number,
  ) {
    this.#tracing = tracing;
    this.#now_ms = clock.now_ms;
    this.#given = traceparent;
    this.#run = tracing?.begin(`run ${action}`, {
      parent: traceparent,
      at_ms: since_ms,
      attributes: {
        "tailrace.execution.id": execution_id,
        "tailrace.action": action,
        ...(runner === undefined ? {} : { "tailrace.runner": runner }),
      },
    });
  }

  /** The `traceparent` for the program's own spans. */
  get traceparent(): string | undefined {
    return this.#run ? this.#tracing?.traceparent(this.#run) : this.#given;
  }

  /** A phase begins, now or at a time. */
  begin(phase: Phase, at_ms = this.#now_ms()): void {
    if (!this.#tracing || !this.#run) return;
    if (this.#phase) this.#tracing.end(this.#phase, { at_ms });
    this.#phase = this.#tracing.begin(phase, { parent: this.#tracing.traceparent(this.#run), at_ms });
  }

  /** The run is over. `end` is how its program ended, if it did so here. */
  end(how: string, end: Pick<EndExecution, "status" | "exit_code"> | undefined): void {
    if (!this.#tracing || !this.#run) return;
    const at_ms = this.#now_ms();
    if (this.#phase) this.#tracing.end(this.#phase, { at_ms });
    this.#tracing.end(this.#run, {
      at_ms,
      failed: how === "given up" || (end !== undefined && end.status !== "succeeded"),
      attributes: {
        "tailrace.run.end": how,
        ...(end === undefined ? {} : { "tailrace.status": end.status }),
        ...(end?.exit_code == null ? {} : { "process.exit.code": end.exit_code }),
      },
    });
  }
}
