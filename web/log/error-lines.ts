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
}

/** The lines of an output that report errors: those of stderr, and those that common tools print as errors. */
export class ErrorLines {
  readonly #session: Session;
  readonly #id: string;
  readonly #sources: Source[] = [
    { q: ".", type: "stderr", lines: [], next: 1 },
    { q: ERROR_LINE, type: "stdout,other", lines: [], next: 1 },
  ];
  #reading: Promise<unknown> | undefined;

  constructor(session: Session, id: string) {
    this.#session = session;
    this.#id = id;
  }

  /** All errors until now. Consecutive lines are one error. */
  async read(signal?: AbortSignal): Promise<LineRange[]> {
    // Steps in quick succession share a request.
    this.#reading ??= Promise.all(this.#sources.map((source) => this.#readOn(source, signal)));
    try {
      await this.#reading;
    } finally {
      this.#reading = undefined;
    }
    return joined(this.#sources.flatMap(({ lines }) => lines));
  }

  async #readOn(source: Source, signal?: AbortSignal): Promise<void> {
    for (let done = false; !done && source.lines.length < LINES_MAX; ) {
      const { q, type, next } = source;
      const query = new URLSearchParams({ q, regex: "true", case: "true", type, line: String(next) });
      const path = `/api/v1/executions/${this.#id}/search?${query}`;
      const answer = await this.#session.request(path, signal ? { signal } : {});
      const page = JSON.parse(await answer.text()) as SearchPage;
      source.lines.push(...page.matches.map(({ line }) => line));
      source.next = page.next;
      done = page.done;
    }
  }
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
