import { failureText } from "../../protocol/base/failure-text.ts";
import { SEARCH_MATCHES_MAX } from "../../protocol/base/reader-limits.ts";
import { isTransient } from "../../protocol/client/client.ts";
import type { OutputType } from "../../protocol/wire/chunk.ts";
import type { SearchMatch, SearchPage } from "../../protocol/wire/search.ts";
import type { Session } from "../server/session.ts";

/** The search query. */
export interface SearchQuery {
  text: string;
  regex: boolean;
  match_case: boolean;
  types: readonly OutputType[];
}

/** The most matches that are stored, in whole answers. Further ones are only counted. */
const MATCHES_MAX = 20_000;

/** How long a search waits before it searches the end of a growing log again. */
const GROWN_MS = 500;

/** A search over a whole output, which continues while the output grows. */
export class OutputSearch {
  readonly query: SearchQuery;
  readonly #session: Session;
  readonly #id: string;
  readonly #changed: () => void;
  readonly #abort = new AbortController();
  readonly matches: SearchMatch[] = [];
  readonly #by_place = new Map<number, SearchMatch>();
  count = 0;
  /** Places that have been searched. */
  searched = 0;
  total = 0;
  /** The number of matches when the whole output had been searched for the first time; undefined until then. */
  found: number | undefined;
  error: string | undefined;
  #next = 1;
  /** The chunk from which the next request reads; 0 for the first one. */
  #from_seq = 0;
  #running = false;
  /** The lines that can be searched. */
  #lines = 0;
  /** The network has lost the last request. */
  #is_lost = false;
  #later = 0;

  constructor(session: Session, id: string, query: SearchQuery, changed: () => void) {
    this.#session = session;
    this.#id = id;
    this.query = query;
    this.#changed = changed;
    void this.#run();
  }

  at(place: number): SearchMatch | undefined {
    return this.#by_place.get(place);
  }

  /** Whether it has no answer yet. */
  get is_pending(): boolean {
    return this.matches.length === 0 && this.found === undefined && this.error === undefined;
  }

  /** So many lines can be searched now. */
  grown(lines: number): void {
    this.#lines = lines;
    this.#continue();
  }

  /** Searches the rest later, if there is one. */
  #continue(): void {
    if (this.#running || this.#later !== 0 || this.error || this.#abort.signal.aborted) return;
    if (this.#lines <= this.searched && !this.#is_lost) return;
    this.#later = window.setTimeout(() => {
      this.#later = 0;
      void this.#run();
    }, GROWN_MS);
  }

  close(): void {
    clearTimeout(this.#later);
    this.#abort.abort();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    this.#is_lost = false;
    try {
      for (let done = false; !done && !this.#abort.signal.aborted; ) {
        const page = await this.#ask();
        this.#take(page);
        done = page.done;
      }
      this.found ??= this.count;
    } catch (error) {
      // A request that the network lost is sent again; a refusal is final.
      if (isTransient(error)) this.#is_lost = true;
      else this.error = failureText(error);
    } finally {
      this.#running = false;
      this.#continue();
      if (!this.#abort.signal.aborted) this.#changed();
    }
  }

  async #ask(): Promise<SearchPage> {
    const { text, regex, match_case, types } = this.query;
    const query = new URLSearchParams({
      q: text,
      regex: String(regex),
      case: String(match_case),
      type: types.join(","),
      line: String(this.#next),
      from_seq: String(this.#from_seq),
      limit: String(this.matches.length < MATCHES_MAX ? SEARCH_MATCHES_MAX : 0),
    });
    const path = `/api/v1/executions/${this.#id}/search?${query}`;
    const response = await this.#session.request(path, { signal: this.#abort.signal });
    return JSON.parse(await response.text()) as SearchPage;
  }

  #take({ matches, count, next, from_seq, total }: SearchPage): void {
    this.#next = next;
    this.#from_seq = from_seq;
    this.searched = next - 1;
    this.total = total;
    this.count += count;
    for (const match of matches) {
      this.matches.push(match);
      this.#by_place.set(match.place, match);
    }
    this.#changed();
  }
}
