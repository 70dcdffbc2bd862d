import { trimmedEnd } from "./trim.ts";

/** One escape sequence of a terminal: CSI, OSC, the other strings, and the short ones. Each character is read once. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~]?)|\x9b[0-?]*[ -/]*[@-~]/g;

/** The beginning of an escape sequence that the next text continues. */
const UNFINISHED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  /(?:\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)?|\x9b[0-?]*[ -/]*)$/;

/** Text without the escape sequences in it. */
export function withoutEscapes(text: string): string {
  return text.includes("\x1b") || text.includes("\x9b") ? text.replace(ESCAPES, "") : text;
}

/** The place of an escape sequence that the text's end cuts; the text's length if none is cut. */
export function cutEscapeAt(text: string): number {
  return UNFINISHED.exec(text)?.index ?? text.length;
}

/** A line roughly as a terminal leaves it: without escapes, and with only the last text that a carriage return started. */
export function visibleText(line: string): string {
  const text = trimmedEnd(withoutEscapes(line), "\r");
  return text.slice(text.lastIndexOf("\r") + 1);
}
