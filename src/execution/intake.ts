import type { BatchHead } from "../objects/log.ts";
import { Upstream } from "./family/upstream.ts";
import { adoptedBatches } from "./log/adopted.ts";
import type { Followers } from "./log/followers.ts";
import type { Log } from "./log/log.ts";
import type { ExecutionRecord } from "./state/record.ts";

/** Where a batch goes. */
export interface IntakeParts {
  env: Env;
  ctx: DurableObjectState;
  record: ExecutionRecord;
  log: Log;
  followers: Followers;
}

/** The one way of a batch into the execution, whoever produced it: a row of the log, then the push, then the parent. */
export class Intake {
  readonly #parts: IntakeParts;
  #parent: Upstream | undefined;

  constructor(parts: IntakeParts) {
    this.#parts = parts;
  }

  /** Takes a batch that starts at the log's `next`. No line of it is looked at here. */
  take(head: BatchHead, body: string): void {
    const { record, log, followers, ctx } = this.#parts;
    if (record.state?.keeping.stream_output === false) return;
    log.append(head, body);
    followers.push(body);
    const { upstream } = this;
    // What cannot be brought now is brought with what comes next, or with the end, which the alarm tries again.
    if (upstream) ctx.waitUntil(upstream.forward().catch(() => undefined));
  }

  /** Takes a child's batch, whose lines say from here on which child they are of. */
  adopt(child: { id: string; name: string }, head: BatchHead, body: string): void {
    const label = { execution_id: child.id, name: child.name };
    const own = adoptedBatches({ head, body }, this.#parts.log.next, label);
    for (const batch of own) this.take(batch.head, batch.body);
  }

  /** Whether somebody follows the execution, or its parent. */
  get watched(): boolean {
    return this.#parts.followers.count > 0 || this.upstream?.watched === true;
  }

  /** The way to the parent; undefined for an execution that is nobody's child. */
  get upstream(): Upstream | undefined {
    const { env, record, log } = this.#parts;
    const spec = record.state?.spec;
    if (spec?.parent) this.#parent ??= new Upstream(env, log, spec.id, spec.parent.id);
    return this.#parent;
  }
}
