import { attempt, type Failure } from "./attempt.ts";
import { Coverage } from "./coverage.ts";
import { INPUT_CHARS_MAX, mutated } from "./mutate.ts";
import { Random } from "./random.ts";
import { shrunk } from "./shrink.ts";
import type { Tape } from "./tape.ts";
import type { Target } from "./target.ts";

/** The number of kept inputs, and their length in characters: short inputs are fast, and show as much. */
const KEPT_MAX = 1_000;
const KEPT_CHARS_MAX = 8 * 1024;

/** The target time of a batch of inputs, as a look at the counts takes some milliseconds. */
const BATCH_MS = 200;
const BATCH_INPUTS_MAX = 5_000;

export interface SearchOptions {
  seed: number;
  /** Inputs that an earlier search has kept. */
  known: readonly string[];
  /** When to end, in milliseconds since 1970. */
  until: number;
  tape: Tape;
  onFailure: (input: string, failure: Failure) => void;
  onProgress: (progress: Progress) => void;
}

export interface Progress {
  inputs: number;
  /** Characters of the parsers' code that were reached. */
  reached: number;
  kept: readonly string[];
}

/** Generates and tries inputs until a time. Inputs that reach new code are the source of later ones. */
export async function search(target: Target, options: SearchOptions): Promise<void> {
  const coverage = new Coverage(target.covers);
  const run = new Search(target, coverage, options);
  await run.begin();
  while (Date.now() < options.until) {
    await run.batch();
    options.onProgress({ inputs: run.inputs, reached: coverage.size, kept: run.kept });
  }
  coverage.close();
}

/** The kept inputs of one search, and its results. */
class Search {
  inputs = 0;
  readonly kept: string[] = [];
  readonly #target: Target;
  readonly #coverage: Coverage;
  readonly #options: SearchOptions;
  readonly #random: Random;
  /** The causes of failures that were reported. */
  readonly #told = new Set<string>();

  constructor(target: Target, coverage: Coverage, options: SearchOptions) {
    this.#target = target;
    this.#coverage = coverage;
    this.#options = options;
    this.#random = new Random(options.seed);
  }

  async begin(): Promise<void> {
    const { seeds } = this.#target;
    this.kept.push(...seeds);
    for (const seed of seeds) await this.#try(seed);
    this.#coverage.learn(this.#coverage.look());
    await this.#keepFresh([...this.#options.known]);
  }

  async batch(): Promise<void> {
    const tried: string[] = [];
    const until = performance.now() + BATCH_MS;
    while (performance.now() < until && tried.length < BATCH_INPUTS_MAX) {
      const input = this.#next();
      tried.push(input);
      await this.#try(input);
    }
    const reached = this.#coverage.look();
    if (!this.#coverage.isFresh(reached)) return;
    await this.#keepFresh(tried);
    // Code that was reached by chance is marked as known, so the search does not aim for it again.
    this.#coverage.learn(reached);
  }

  /** Keeps the inputs that reach new code, found by halving. */
  async #keepFresh(inputs: string[]): Promise<void> {
    for (const input of inputs) await this.#try(input);
    const reached = this.#coverage.look();
    if (!this.#coverage.isFresh(reached)) return;
    const [only] = inputs;
    if (inputs.length === 1 && only !== undefined) {
      this.#coverage.learn(reached);
      if (only.length <= KEPT_CHARS_MAX) this.#keep(only);
      return;
    }
    const half = Math.ceil(inputs.length / 2);
    await this.#keepFresh(inputs.slice(0, half));
    await this.#keepFresh(inputs.slice(half));
  }

  #keep(input: string): void {
    this.kept.push(input);
    if (this.kept.length > KEPT_MAX) this.kept.splice(this.#random.below(KEPT_MAX), 1);
  }

  async #try(input: string): Promise<void> {
    const { tape, onFailure } = this.#options;
    tape.begin(input);
    this.inputs++;
    const failure = await attempt(this.#target, input);
    if (failure === undefined || this.#told.has(failure.key)) return;
    this.#told.add(failure.key);
    const shortest = await shrunk(this.#target, input, failure, (shorter) => tape.begin(shorter));
    onFailure(shortest, failure);
  }

  #next(): string {
    const { make, chars_max = INPUT_CHARS_MAX } = this.#target;
    const made = make && this.#random.oneIn(3) ? make(this.#random).slice(0, chars_max) : undefined;
    if (made !== undefined && this.#random.oneIn(2)) return made;
    return mutated(made ?? this.#parent(), this.#parent(), this.#target, this.#random);
  }

  /** A kept input, often one that was kept lately. */
  #parent(): string {
    const from = this.#random.oneIn(2) ? 0 : Math.max(0, this.kept.length - LATELY);
    return this.kept[from + this.#random.below(this.kept.length - from)] ?? "";
  }
}

const LATELY = 20;
