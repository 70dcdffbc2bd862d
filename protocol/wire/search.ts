import type { OutputType } from "./chunk.ts";

/** A line that matches: its number, its place among the lines that were searched, and the text that matches first. */
export interface SearchMatch {
  line: number;
  place: number;
  seq: number;
  output_type: OutputType;
  text: string;
}

/** What one search request found. `next` is the place to go on from; `done`: it is the end of what there is by now. */
export interface SearchPage {
  matches: SearchMatch[];
  next: number;
  total: number;
  done: boolean;
}
