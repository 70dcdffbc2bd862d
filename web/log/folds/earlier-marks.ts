import type { OutputType } from "../../../protocol/wire/chunk.ts";
import type { FoldPage } from "../../../protocol/wire/fold-page.ts";
import type { FoldMark } from "../../../protocol/wire/fold-scanner.ts";
import type { Session } from "../../server/session.ts";

/** The pause after an answer that has not come. */
const AGAIN_MS = 5_000;

/** The marks of the lines before those that the page has read. They are read once, when they are needed, and count when all are known. */
export class EarlierMarks {
  readonly #session: Session;
  readonly #id: string;
  readonly #types: readonly OutputType[];
  /** The first place that the page has read itself. */
  readonly #end: number;
  readonly #abort = new AbortController();
  #state: "unread" | "reading" | "read";
  #failed_ms = Number.NEGATIVE_INFINITY;
  marks: readonly FoldMark[] = [];

  constructor(session: Session, id: string, types: readonly OutputType[], end: number) {
    this.#session = session;
    this.#id = id;
    this.#types = types;
    this.#end = end;
    this.#state = end <= 1 ? "read" : "unread";
  }

  /** Reads them, at most so many. Returns whether they have become known now. */
  async read(marks_max: number): Promise<boolean> {
    if (this.#state !== "unread" || performance.now() < this.#failed_ms + AGAIN_MS) return false;
    this.#state = "reading";
    const marks: FoldMark[] = [];
    try {
      for (let next = 1; next < this.#end && marks.length < marks_max; ) {
        const page = await this.#ask(next);
        marks.push(...page.marks.filter(({ place }) => place < this.#end));
        next = page.done ? this.#end : page.next;
      }
    } catch {
      // Without them the output is only not folded. A later use asks again.
      this.#state = "unread";
      this.#failed_ms = performance.now();
      return false;
    }
    this.#state = "read";
    this.marks = marks;
    return true;
  }

  drop(): void {
    this.#abort.abort();
    this.#state = "read";
  }

  async #ask(line: number): Promise<FoldPage> {
    const query = new URLSearchParams({ line: String(line), type: this.#types.join(",") });
    const path = `/api/v1/executions/${this.#id}/output/folds?${query}`;
    const answer = await this.#session.request(path, { signal: this.#abort.signal });
    return JSON.parse(await answer.text()) as FoldPage;
  }
}
