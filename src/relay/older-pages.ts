import { PAGE_BYTES } from "../../protocol/base/reader-limits.ts";
import { executionStub } from "../objects/execution.ts";
import type { Page } from "../objects/log.ts";

/** Pages that are kept: followers that begin at the same place share them. */
const PAGES_MAX = 16;

/** Pages of an execution's log that come from the execution itself. */
export class OlderPages {
  readonly #env: Env;
  readonly #execution_id: string;
  #pages = new Map<number, Promise<Page>>();

  constructor(env: Env, execution_id: string) {
    this.#env = env;
    this.#execution_id = execution_id;
  }

  /** The page after a sequence number. Rejects if the log cannot be reached, or has nothing there. */
  after(seq: number): Promise<Page> {
    const kept = this.#pages.get(seq);
    if (kept) return kept;
    const page = this.#read(seq);
    this.#pages.set(seq, page);
    page.catch(() => this.#drop(seq, page));
    for (const oldest of this.#pages.keys()) {
      if (this.#pages.size <= PAGES_MAX) break;
      this.#pages.delete(oldest);
    }
    return page;
  }

  forget(): void {
    this.#pages = new Map();
  }

  async #read(seq: number): Promise<Page> {
    const page = await executionStub(this.#env, this.#execution_id).linesAfter(seq, PAGE_BYTES);
    if (!page) throw new Error(`execution ${this.#execution_id} has no output after ${seq}`);
    return page;
  }

  #drop(seq: number, page: Promise<Page>): void {
    if (this.#pages.get(seq) === page) this.#pages.delete(seq);
  }
}
