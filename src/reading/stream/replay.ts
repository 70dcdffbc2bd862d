import { EVENT_BACKLOG_CHARS_MAX } from "../../../protocol/base/reader-limits.ts";
import { isCompleted } from "../../../protocol/base/status.ts";
import type { Execution } from "../../../protocol/model/execution.ts";
import { executionStub } from "../../objects/execution.ts";
import type { LifecycleEvent } from "../../objects/hub.ts";

/** Writes an execution from before the stream. A method returns false if the stream has closed. */
export interface Writer {
  /** Writes its `running` update, and its output from the beginning. If it has not completed, also its status. */
  begin(execution: Execution): boolean;
  /** Writes its last update, if clients expect it, behind all its output. Resolves once both are written. */
  end(execution: Execution): Promise<boolean>;
}

/**
 * The executions below the one that ends a stream, from before the stream. They are written one after another, in the order of
 * their starts, so that the outputs of two tasks are not mixed. Those that still run come last. New events of these executions
 * wait until then.
 */
export class Replay {
  readonly #ids: readonly string[];
  readonly #later: { event: LifecycleEvent; chars: number }[] = [];
  #chars = 0;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  async run(env: Env, writer: Writer): Promise<void> {
    const running: Execution[] = [];
    /** The executions that the next one may be below. */
    const above: Execution[] = [];
    for (const id of this.#ids) {
      const execution = await executionStub(env, id).get();
      if (execution === undefined) continue;
      if (!(await this.#leave(above, writer, execution.parent))) return;
      const is_parent = execution.children !== undefined;
      if (!isCompleted(execution.status) && !is_parent) running.push(execution);
      else if (!writer.begin(execution)) return;
      else if (is_parent) above.push(execution);
      else if (!(await writer.end(execution))) return;
    }
    if (!(await this.#leave(above, writer))) return;
    for (const execution of running) if (!writer.begin(execution)) return;
  }

  /** Ends the completed executions that have no more below them: those behind the parent of the next one. */
  async #leave(above: Execution[], writer: Writer, parent?: string): Promise<boolean> {
    for (let last = above.at(-1); last && last.id !== parent; last = above.at(-1)) {
      above.pop();
      if (isCompleted(last.status) && !(await writer.end(last))) return false;
    }
    return true;
  }

  /** Keeps a new event for later. Returns false if too many wait. */
  defer(event: LifecycleEvent, chars: number): boolean {
    this.#later.push({ event, chars });
    this.#chars += chars;
    return this.#chars <= EVENT_BACKLOG_CHARS_MAX;
  }

  /** The events that have waited, in their order. */
  get later(): readonly { event: LifecycleEvent; chars: number }[] {
    return this.#later;
  }
}
