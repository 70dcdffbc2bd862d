import type { OutputType } from "./chunk.ts";

/** A matching line: its number, its place among the searched lines, and the first matching text. */
export interface SearchMatch {
  line: number;
  place: number;
  seq: number;
  output_type: OutputType;
  text: string;
}

/** The answer to one search request. `next` is the place to continue from. `done`: the present end of the output is reached. */
export interface SearchPage {
  matches: SearchMatch[];
  next: number;
  total: number;
  done: boolean;
}
