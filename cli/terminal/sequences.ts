/** A part of a terminal's input. Sequences of other kinds are left out. */
export type Part =
  /** Text without any control character. */
  | { kind: "text"; text: string }
  /** One control character of ASCII. */
  | { kind: "control"; character: string }
  /** A control sequence with numbers alone between `ESC [` and its last character. */
  | { kind: "sequence"; parameters: string; final: string };

/** A control sequence with more characters than this is left out. */
const PARAMETER_CHARS_MAX = 128;

/** A longer string (a title, an image, a clipboard) ends here, so that it cannot hide the rest of the output. */
const STRING_CHARS_MAX = 64 * 1024;

const ESC = "\u001b";

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

/** These end a string: its terminators, an escape sequence, and the two controls that cancel. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const STRING_END = /[\x07\x18\x1a\x1b\x9c]/g;

/** The terminators, which belong to the string. */
const TERMINATORS = new Set(["\u0007", "\u009c"]);

const NUMBERS = /^[\d:;]*$/;

/** The 8-bit controls that stand for `ESC` and a character. */
const INTRODUCERS: Record<string, State> = {
  "\u009b": "sequence",
  "\u0090": "string",
  "\u0098": "string",
  "\u009d": "string",
  "\u009e": "string",
  "\u009f": "string",
};

/** The kind of sequence that a character after `ESC` begins. */
const ESCAPED: Record<string, State> = {
  "[": "sequence",
  P: "string",
  X: "string",
  "]": "string",
  "^": "string",
  _: "string",
};

type State = "text" | "escape" | "escape with more" | "sequence" | "string";

/**
 * Splits one stream into text, control characters and sequences (ECMA-48, in 7 and 8 bits). The stream may be cut anywhere, and the
 * state between two pieces is bounded.
 */
export class SequenceReader {
  #state: State = "text";
  #parameters = "";
  #string_chars = 0;

  *read(text: string): Generator<Part> {
    let at = 0;
    while (at < text.length) {
      if (this.#state === "text") {
        const end = indexOf(CONTROL, text, at);
        if (end > at) yield { kind: "text", text: text.slice(at, end) };
        at = end;
        if (at === text.length) return;
      } else if (this.#state === "string") {
        at = this.#skipString(text, at);
        continue;
      }
      const part = this.#take(text.charAt(at));
      if (part === "again") continue;
      at++;
      if (part) yield part;
    }
  }

  /** Skips to the end of the string, or to its bound. */
  #skipString(text: string, at: number): number {
    const end = Math.min(indexOf(STRING_END, text, at), at + STRING_CHARS_MAX - this.#string_chars);
    this.#string_chars += end - at;
    if (end < text.length || this.#string_chars === STRING_CHARS_MAX) this.#begin("text");
    return TERMINATORS.has(text.charAt(end)) ? end + 1 : end;
  }

  /** Takes one control character, or one character of a sequence. `again`: it ended a sequence that it is not part of. */
  #take(character: string): Part | "again" | undefined {
    if (character === ESC) return this.#begin("escape");
    if (character === "\u0018" || character === "\u001a") return this.#begin("text");
    if (character < " ") return { kind: "control", character };
    if (character === "\u007f") return undefined;
    if (character > "\u007f" && character < "\u00a0") return this.#begin(INTRODUCERS[character] ?? "text");
    if (character > "\u007f") {
      this.#begin("text");
      return "again";
    }
    if (this.#state === "sequence") return this.#takeParameter(character);
    if (character < "0") this.#begin("escape with more");
    else this.#begin(this.#state === "escape" ? (ESCAPED[character] ?? "text") : "text");
    return undefined;
  }

  #takeParameter(character: string): Part | undefined {
    if (character < "@") {
      if (this.#parameters.length <= PARAMETER_CHARS_MAX) this.#parameters += character;
      return undefined;
    }
    const parameters = this.#parameters;
    this.#begin("text");
    if (parameters.length > PARAMETER_CHARS_MAX || !NUMBERS.test(parameters)) return undefined;
    return { kind: "sequence", parameters, final: character };
  }

  #begin(state: State): undefined {
    this.#state = state;
    this.#parameters = "";
    this.#string_chars = 0;
  }
}

function indexOf(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? text.length;
}
