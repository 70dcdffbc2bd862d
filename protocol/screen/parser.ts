/** The parts of a terminal's input, as the parser finds them. */
export interface Receiver {
  /** Text without any control character. */
  print(text: string): void;
  /** One control character: C0 or C1. */
  control(code: number): void;
  /** `ESC`, intermediate characters and a final one. */
  escape(intermediates: string, final: string): void;
  /** A control sequence. */
  sequence(sequence: Sequence): void;
  /** An operating system command (OSC), without its frame. */
  command(text: string): void;
}

/** A control sequence (CSI). */
export interface Sequence {
  /** `?`, `>`, `=`, `<`, or none. */
  prefix: string;
  /** Digits, colons and semicolons. */
  parameters: string;
  intermediates: string;
  final: string;
}

/** Further characters of a sequence's parameters are dropped. */
const PARAMETER_CHARS_MAX = 256;

/** A longer string (a title, an image, a clipboard) ends here, so that it cannot hide the rest of the output. */
const STRING_CHARS_MAX = 64 * 1024;

/** A longer command (OSC) has no effect. */
const COMMAND_CHARS_MAX = 4 * 1024;

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const CONTROL = /[\x00-\x1f\x7f-\x9f]/g;

type State =
  | "ground"
  | "escape"
  | "escape with more"
  | "sequence"
  | "ignored sequence"
  | "command"
  | "string";

const ESC = 0x1b;
const BEL = 0x07;
const CAN = 0x18;
const SUB = 0x1a;
const DEL = 0x7f;
const ZERO = 0x30;
const SEMICOLON = 0x3b;
const AT_SIGN = 0x40;
const BRACKET = 0x5b;
/** The end of a string, in 8 bits. */
const ST = 0x9c;

/** What begins behind `ESC`, and with a control character of 8 bits. */
const BEGINS: Record<string, State> = {
  "[": "sequence",
  "]": "command",
  P: "string",
  X: "string",
  "^": "string",
  _: "string",
  "\u009b": "sequence",
  "\u009d": "command",
  "\u0090": "string",
  "\u0098": "string",
  "\u009e": "string",
  "\u009f": "string",
};

/**
 * Splits a terminal's input into text, control characters and sequences (ECMA-48, in 7 and 8 bits, by the states of DEC's terminals). It
 * knows no screen. The input may be cut anywhere, and the state between two pieces is bounded.
 */
export class SequenceParser {
  #state: State = "ground";
  #prefix = "";
  #parameters = "";
  #intermediates = "";
  #command = "";
  #string_chars = 0;

  /** Whether the input so far ends within a sequence. */
  get isCut(): boolean {
    return this.#state !== "ground";
  }

  parse(text: string, to: Receiver): void {
    for (let at = 0; at < text.length; ) {
      if (this.#state === "ground") {
        const end = controlAt(text, at);
        if (end > at) to.print(text.slice(at, end));
        at = this.#takeWholeSequence(text, end, to);
        if (this.#state === "ground" && at > end) continue;
        if (at === text.length) return;
      } else if (this.#isInString()) {
        at = this.#passString(text, at);
        if (at === text.length || !this.#isInString()) continue;
      }
      const code = text.codePointAt(at) ?? 0;
      this.#take(code, to);
      at += code > 0xffff ? 2 : 1;
    }
  }

  /** Most sequences are whole, and have numbers alone. Returns the place behind such a one, or the same place. */
  #takeWholeSequence(text: string, at: number, to: Receiver): number {
    if (text.charCodeAt(at) !== ESC || text.charCodeAt(at + 1) !== BRACKET) return at;
    let end = at + 2;
    while (text.charCodeAt(end) >= ZERO && text.charCodeAt(end) <= SEMICOLON) end++;
    const final = text.charCodeAt(end);
    if (!(final >= AT_SIGN && final < DEL) || end - at > PARAMETER_CHARS_MAX) return at;
    to.sequence({
      prefix: "",
      parameters: text.slice(at + 2, end),
      intermediates: "",
      final: text.charAt(end),
    });
    return end + 1;
  }

  /** Passes the string's characters before the next control character. Beyond its bound the string has ended. */
  #passString(text: string, at: number): number {
    const end = Math.min(controlAt(text, at), at + STRING_CHARS_MAX - this.#string_chars);
    this.#string_chars += end - at;
    if (this.#state === "command" && this.#command.length <= COMMAND_CHARS_MAX)
      this.#command += text.slice(at, Math.min(end, at + COMMAND_CHARS_MAX + 1));
    if (this.#string_chars === STRING_CHARS_MAX) this.#begin("ground");
    return end;
  }

  #take(code: number, to: Receiver): void {
    if (code < 0x20) this.#takeControl(code, to);
    else if (code === DEL) return;
    else if (code > DEL) this.#takeBeyondAscii(code, to);
    else this.#takeCharacter(String.fromCharCode(code), to);
  }

  #takeControl(code: number, to: Receiver): void {
    const is_string = this.#isInString();
    if (code === ESC) {
      this.#endCommand(to);
      this.#begin("escape");
    } else if (code === CAN || code === SUB) {
      this.#begin("ground");
      to.control(code);
    } else if (code === BEL && this.#state === "command") {
      this.#endCommand(to);
      this.#begin("ground");
    } else if (!is_string) to.control(code);
  }

  /** A control character of 8 bits ends whatever it stands in. Any other character ends a sequence without effect. */
  #takeBeyondAscii(code: number, to: Receiver): void {
    if (code >= 0xa0) {
      if (this.#state !== "ignored sequence") this.#begin("ground");
      return;
    }
    if (code === ST) this.#endCommand(to);
    const next = BEGINS[String.fromCharCode(code)];
    this.#begin(next ?? "ground");
    if (next === undefined) to.control(code);
  }

  #takeCharacter(character: string, to: Receiver): void {
    if (this.#state === "sequence" || this.#state === "ignored sequence") this.#takeParameter(character, to);
    else if (character < "0") {
      this.#intermediates += this.#intermediates.length < 2 ? character : "";
      this.#state = "escape with more";
    } else {
      const next = this.#state === "escape" ? BEGINS[character] : undefined;
      const intermediates = this.#intermediates;
      this.#begin(next ?? "ground");
      if (next === undefined) to.escape(intermediates, character);
    }
  }

  #takeParameter(character: string, to: Receiver): void {
    if (character >= "@") {
      const { prefix, parameters, intermediates } = {
        prefix: this.#prefix,
        parameters: this.#parameters,
        intermediates: this.#intermediates,
      };
      const is_ignored = this.#state === "ignored sequence";
      this.#begin("ground");
      if (!is_ignored) to.sequence({ prefix, parameters, intermediates, final: character });
    } else if (character < "0") {
      this.#intermediates += this.#intermediates.length < 2 ? character : "";
    } else if (this.#intermediates !== "") {
      this.#state = "ignored sequence";
    } else if (character >= "<") {
      if (this.#prefix === "" && this.#parameters === "") this.#prefix = character;
      else this.#state = "ignored sequence";
    } else if (this.#parameters.length < PARAMETER_CHARS_MAX) this.#parameters += character;
  }

  #isInString(): boolean {
    return this.#state === "command" || this.#state === "string";
  }

  #endCommand(to: Receiver): void {
    if (this.#state === "command" && this.#command.length <= COMMAND_CHARS_MAX) to.command(this.#command);
  }

  #begin(state: State): void {
    this.#state = state;
    this.#prefix = "";
    this.#parameters = "";
    this.#intermediates = "";
    this.#command = "";
    this.#string_chars = 0;
  }
}

/** The place of the next control character; the text's length if there is none. */
function controlAt(text: string, from: number): number {
  CONTROL.lastIndex = from;
  return CONTROL.test(text) ? CONTROL.lastIndex - 1 : text.length;
}
