import type { ShownLine } from "../../protocol/wire/shown-line.ts";

/** Lines of one bucket. A bucket is dropped as a whole. */
const BUCKET_LINES = 512;

/** Lines kept in the page. Lines far from the reader are dropped, and read again when they are needed. */
const LINES_KEPT_MAX = 48 * 1024;

/** The lines that have been read, by their place. */
export class LinesStore {
  readonly #buckets = new Map<number, (ShownLine | undefined)[]>();
  #count = 0;
  /** The place that the reader looks at. */
  focus = 1;

  get(place: number): ShownLine | undefined {
    return this.#buckets.get(bucketOf(place))?.[(place - 1) % BUCKET_LINES];
  }

  /** The place of a line, by its number, if the line has been read. */
  placeOf(number: number): number | undefined {
    for (const bucket of this.#buckets.values()) {
      const line = bucket.find((one) => one?.number === number);
      if (line) return line.place;
    }
    return undefined;
  }

  /** Stores a line. It replaces only a line of which less is known. */
  put(line: ShownLine): void {
    const number = bucketOf(line.place);
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = [];
      this.#buckets.set(number, bucket);
    }
    const at = (line.place - 1) % BUCKET_LINES;
    const kept = bucket[at];
    if (kept && rankOf(line) <= rankOf(kept)) return;
    if (kept === undefined) this.#count++;
    bucket[at] = line;
    if (this.#count > LINES_KEPT_MAX) this.#forget();
  }

  clear(): void {
    this.#buckets.clear();
    this.#count = 0;
  }

  /** Forgets the bucket furthest from the reader. */
  #forget(): void {
    const here = bucketOf(this.focus);
    let [furthest, distance] = [-1, 0];
    for (const number of this.#buckets.keys()) {
      const away = Math.abs(number - here);
      if (away > distance) [furthest, distance] = [number, away];
    }
    const bucket = this.#buckets.get(furthest);
    if (bucket === undefined) return;
    this.#count -= bucket.filter((line) => line !== undefined).length;
    this.#buckets.delete(furthest);
  }
}

/** How much is known of a line: all that was drawn on it, and then its beginning. */
function rankOf({ is_provisional, headless }: ShownLine): number {
  return (is_provisional ? 0 : 2) + (headless ? 0 : 1);
}

function bucketOf(place: number): number {
  return Math.floor((place - 1) / BUCKET_LINES);
}
