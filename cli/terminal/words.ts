import { writeExact } from "../../protocol/base/numbers.ts";
import { colourSequence, RESET } from "./colours.ts";
import { hasNoColour } from "./look.ts";
import { SequenceReader } from "./sequences.ts";

/** The replacement for a character that is not shown. */
const REPLACEMENT = "\ufffd";

/** Controls, ends of lines, and what turns the direction of text round. */
const UNSHOWN = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** A name that comes from elsewhere, as a piece of a line: whatever it holds, it stays that piece. */
export function nameText(name: string): string {
  return name.replace(UNSHOWN, REPLACEMENT);
}

/** Words for a terminal: of sequences in them, colours alone, which end with the words. */
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

/** JSON without the control characters that JSON may have as they are. */
export function jsonText(value: unknown, indent?: number): string {
  return writeExact(value, indent).replace(
    /[\u007f-\u009f]/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}
