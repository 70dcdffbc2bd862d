import type { OutputType } from "../../protocol/wire/chunk.ts";
import type { SearchPage } from "../../protocol/wire/search.ts";
import type { Session } from "../server/session.ts";
import { ERROR_LINE } from "./error-pattern.ts";
import type { LineRange } from "./selection.ts";

/** The most error lines of a kind that are visited. */
const LINES_MAX = 5_000;

/** A search that finds error lines. */
interface Source {
  q: string;
  type: string;
  lines: number[];
  /** The place to continue from. */
  next: number;
  from_seq: number;
  /** Whether the present end of the output has been reached. */
  done: boolean;
}

/** The errors that are known, and whether these are all. */
export interface KnownErrors {
  errors: LineRange[];
  complete: boolean;
}

/** The shown lines of an output that report errors: those of stderr, and those that common tools print as errors. */
export class ErrorLines {
  readonly #session: Session;
  readonly #id: string;
  #types = "";
  #sources: Source[] = [];
  /** The reading under way: steps in quick succession do not read the same page twice. */
  #reading: Promise<unknown> = Promise.resolve();

  constructor(session: Session, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /**
   * The errors until now in these streams, by the numbers of their lines. Consecutive lines are one error. For the first error, no more
   * is searched than needed.
   */
  async read(step: ErrorStep, types: readonly OutputType[]): Promise<KnownErrors> {
    const read = this.#reading.then(async () => {
      const sources = this.#sourcesOf(types);
      await Promise.all(sources.map((source) => this.#readOn(source, step)));
      return sources;
    });
    this.#reading = read.catch(() => undefined);
    const sources = await read;
    const errors = joined(sources.flatMap(({ lines }) => lines));
    return { errors, complete: sources.every(({ done }) => done) };
  }

  /** The searches of these streams. Those of other streams are forgotten. */
  #sourcesOf(types: readonly OutputType[]): Source[] {
    if (types.join() === this.#types) return this.#sources;
    const printed = types.filter((type) => type !== "stderr");
    this.#types = types.join();
    this.#sources = [];
    if (types.includes("stderr")) this.#sources.push(sourceOf(".", "stderr"));
    if (printed.length > 0) this.#sources.push(sourceOf(ERROR_LINE, printed.join()));
    return this.#sources;
  }

  async #readOn(source: Source, step: ErrorStep): Promise<void> {
    const enough = step === "first" ? 1 : LINES_MAX;
    if (!source.done && source.lines.length >= enough) return;
    do {
      const { q, type, next, from_seq } = source;
      const place = { line: String(next), from_seq: String(from_seq) };
      const query = new URLSearchParams({ q, regex: "true", case: "true", type, ...place });
      const path = `/api/v1/executions/${this.#id}/search?${query}`;
      const answer = await this.#session.request(path);
      const page = JSON.parse(await answer.text()) as SearchPage;
      source.lines.push(...page.matches.map(({ line }) => line));
      source.next = page.next;
      source.from_seq = page.from_seq;
      source.done = page.done;
    } while (!source.done && source.lines.length < enough);
  }
}

function sourceOf(q: string, type: string): Source {
  return { q, type, lines: [], next: 1, from_seq: 0, done: false };
}

/** Lines as ranges of consecutive ones. */
export function joined(lines: number[]): LineRange[] {
  const ranges: LineRange[] = [];
  for (const line of [...new Set(lines)].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last && line === last.to + 1) last.to = line;
    else ranges.push({ from: line, to: line });
  }
  return ranges;
}

/** Where a reader goes from the selected lines. */
export type ErrorStep = "first" | "next" | "previous";

/** The error that a step leads to. After the last comes the first, and before the first the last. */
export function errorAt(
  errors: LineRange[],
  from: LineRange | undefined,
  step: ErrorStep,
): LineRange | undefined {
  if (step === "first" || (from === undefined && step === "next")) return errors[0];
  if (from === undefined) return errors.at(-1);
  if (step === "next") return errors.find((error) => error.from > from.to) ?? errors[0];
  return errors.findLast((error) => error.to < from.from) ?? errors.at(-1);
}
