import type { OutputType } from "./chunk.ts";

/**
 * A matching line: its number, its place among the searched lines, and the first matching text, which begins at `start` in the line's.
 * If the page's row does not show it otherwise, the text around it comes too.
 */
export interface SearchMatch {
  line: number;
  place: number;
  seq: number;
  output_type: OutputType;
  start: number;
  text: string;
  before?: string;
  after?: string;
}

/**
 * The answer to one search request. `count` are all matches, also those that were not to be returned. A further request continues from
 * the place `next`, and reads from the chunk `from_seq`. `done`: the present end of the output is reached.
 */
export interface SearchPage {
  matches: SearchMatch[];
  count: number;
  next: number;
  from_seq: number;
  total: number;
  done: boolean;
}
