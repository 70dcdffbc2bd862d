import { writeExact } from "../../protocol/base/numbers.ts";
import { colourSequence, RESET } from "./colours.ts";
import { hasNoColour } from "./look.ts";
import { SequenceReader } from "./sequences.ts";

/** The replacement for a character that is not shown. */
const REPLACEMENT = "\ufffd";

/** Controls, line ends, and characters that change the direction of text. */
const UNSHOWN = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name from outside, made safe to be part of a line: it cannot end the line. */
export function nameText(name: string): string {
  return name.replace(UNSHOWN, REPLACEMENT);
}

/** Words for a terminal. Of their sequences, only colours remain, and they end with the words. */
export function wordsFor({ isTTY }: NodeJS.WriteStream, words: string): string {
  if (!isTTY) return words;
  let shown = "";
  let is_coloured = false;
  for (const part of new SequenceReader().read(words)) {
    if (part.kind === "text") shown += part.text;
    else if (part.kind === "control") shown += "\n\t".includes(part.character) ? part.character : "";
    else if (part.final === "m" && !hasNoColour()) {
      shown += colourSequence(part.parameters);
      is_coloured = true;
    }
  }
  return is_coloured ? `${shown}${RESET}` : shown;
}

/** JSON in which all control characters are escaped. */
export function jsonText(value: unknown, indent?: number): string {
  return writeExact(value, indent).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
