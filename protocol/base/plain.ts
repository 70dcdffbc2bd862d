import { trimmedEnd } from "./trim.ts";

/** One escape sequence of a terminal: CSI, OSC, the other strings, and the short ones. Each character is looked at once. */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[PX^_][^\x1b]*(?:\x1b\\)?|[ -/]*[0-~]?)|\x9b[0-?]*[ -/]*[@-~]/g;

/** The beginning of an escape sequence that goes on in what comes next. */
const UNFINISHED =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
  /(?:\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)?|\x9b[0-?]*[ -/]*)$/;

/** Text without the escape sequences in it. */
export function withoutEscapes(text: string): string {
  return text.includes("\x1b") || text.includes("\x9b") ? text.replace(ESCAPES, "") : text;
}

/** Where an escape sequence begins that the end of the text cuts; the text's length where none is cut. */
export function cutEscapeAt(text: string): number {
  return UNFINISHED.exec(text)?.index ?? text.length;
}

/** A line about as a terminal leaves it: without escapes, and of what carriage returns overwrote only the last. */
export function visibleText(line: string): string {
  const text = trimmedEnd(withoutEscapes(line), "\r");
  return text.slice(text.lastIndexOf("\r") + 1);
}
