import type { Acknowledgement, AppendBudget } from "../../protocol/wire/append.ts";
import { afterAppend, type Bucket, fullBucket, waitOf } from "./bucket.ts";

/** How long output waits for more before it is sent, as the server has said last. */
export class Gathering {
  #flush_ms = 0;
  #budget: AppendBudget | undefined;
  #bucket: Bucket | undefined;
  #sent_ms = Number.NEGATIVE_INFINITY;

  /** An acknowledgement says how to gather from now on. A server of an earlier release gives no budget. */
  learn({ flush_ms, budget }: Pick<Acknowledgement, "flush_ms" | "budget">): void {
    this.#flush_ms = flush_ms;
    this.#budget = budget;
  }

  /** The number of followers has changed: the least time between two batches is another one. */
  setFlush(flush_ms: number): void {
    this.#flush_ms = flush_ms;
  }

  /** How long a batch of the waiting chunks has to wait from now on. */
  wait_ms(chunks: number, now_ms: number): number {
    const flush_ms = this.#sent_ms + this.#flush_ms - now_ms;
    if (this.#budget === undefined) return Math.max(0, flush_ms);
    const bucket = this.#bucket ?? fullBucket(this.#budget, now_ms);
    return Math.max(0, flush_ms, waitOf(bucket, this.#budget, { chunks, now_ms }));
  }

  /** A batch of so many chunks is sent now. */
  sent(chunks: number, now_ms: number): void {
    this.#sent_ms = now_ms;
    if (this.#budget === undefined) return;
    const bucket = this.#bucket ?? fullBucket(this.#budget, now_ms);
    this.#bucket = afterAppend(bucket, this.#budget, { chunks, now_ms });
  }
}
