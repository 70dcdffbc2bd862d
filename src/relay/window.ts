import { RELAY_WINDOW_CHARS } from "../../protocol/base/reader-limits.ts";
import { dropLines } from "../../protocol/wire/line.ts";
import type { FollowedLog } from "../execution/log/followed-log.ts";
import type { Page } from "../objects/log.ts";
import type { Feed } from "../objects/relay.ts";
import type { OlderPages } from "./older-pages.ts";

/** Lines as they came, with the sequence number before the first one. */
interface Part extends Page {
  after: number;
}

/**
 * The last lines of an execution's log, as far as its relay has them. It keeps a bounded number of characters; a page before them comes
 * from the log itself.
 */
export class Window implements FollowedLog {
  readonly #older: OlderPages;
  #parts: Part[] = [];
  #chars = 0;
  #last_seq: number | undefined;

  /** `last_seq` is undefined until it is known. */
  constructor(last_seq: number | undefined, older: OlderPages) {
    this.#last_seq = last_seq;
    this.#older = older;
  }

  /** The last sequence number that this relay has; undefined if it is not known. */
  get known_seq(): number | undefined {
    return this.#last_seq;
  }

  /** Until it is known, every follower counts as behind. */
  get last_seq(): number {
    return this.#last_seq ?? Number.POSITIVE_INFINITY;
  }

  /** The relay has all lines up to a sequence number, but does not hold them here. */
  reach(seq: number): void {
    if (this.#last_seq !== undefined && seq <= this.#last_seq) return;
    this.forget();
    this.#last_seq = seq;
  }

  /** Takes the lines that continue these. Returns those that are new. */
  add({ after, lines, last_seq }: Pick<Feed, "after" | "lines" | "last_seq">): string {
    const end = this.#last_seq ?? after;
    this.#last_seq = end;
    if (after > end || last_seq <= end) return "";
    const fresh = after === end ? lines : dropLines(lines, end);
    this.#parts.push({ after: end, lines: fresh, last_seq });
    this.#chars += fresh.length;
    this.#last_seq = last_seq;
    while (this.#chars > RELAY_WINDOW_CHARS && this.#parts.length > 1)
      this.#chars -= this.#parts.shift()?.lines.length ?? 0;
    return fresh;
  }

  /** Forgets the lines, and keeps the place. */
  forget(): void {
    this.#parts = [];
    this.#chars = 0;
    this.#older.forget();
  }

  /** Forgets all. */
  clear(): void {
    this.forget();
    this.#last_seq = undefined;
  }

  pageAfter(seq: number, chars_wanted: number): Page | undefined | Promise<Page> {
    if (seq >= this.last_seq) return undefined;
    const first = this.#parts.findIndex(({ last_seq }) => last_seq > seq);
    const part = this.#parts[first];
    if (!part || part.after > seq) return this.#older.after(seq);
    const page = {
      lines: part.after === seq ? part.lines : dropLines(part.lines, seq),
      last_seq: part.last_seq,
    };
    for (const next of this.#parts.slice(first + 1)) {
      if (page.lines.length >= chars_wanted) break;
      page.lines += next.lines;
      page.last_seq = next.last_seq;
    }
    return page;
  }
}
