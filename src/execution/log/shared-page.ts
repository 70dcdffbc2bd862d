import type { Page } from "../../objects/log.ts";
import type { FollowedLog } from "./followed-log.ts";

/** A log for readers that are mostly at the same place: they share the last page that was read, and its memory. */
export class SharedPage implements FollowedLog {
  readonly #log: FollowedLog;
  #read: { seq: number; end_seq: number; page: Page } | undefined;

  constructor(log: FollowedLog) {
    this.#log = log;
  }

  get last_seq(): number {
    return this.#log.last_seq;
  }

  pageAfter(seq: number, chars_wanted: number): Page | undefined | Promise<Page> {
    const end_seq = this.#log.last_seq;
    if (this.#read?.seq === seq && this.#read.end_seq === end_seq) return this.#read.page;
    const page = this.#log.pageAfter(seq, chars_wanted);
    // A promise may reject, and the next reader has to try again.
    if (page !== undefined && !(page instanceof Promise)) this.#read = { seq, end_seq, page };
    return page;
  }

  /** The log's lines have been changed, or no reader is left. */
  forget(): void {
    this.#read = undefined;
  }
}
