import type { Steps } from "../../base/steps.ts";
import { TemplateError } from "./errors.ts";

/** Characters of one text. */
const TEXT_CHARS_MAX = 4 * 1024 * 1024;

/** Memory that values may take. */
const MEMORY_MIB_MAX = 64;
const MEMORY_BYTES_MAX = MEMORY_MIB_MAX * 1024 * 1024;

/** Bytes of a character, and of an item of a list or an object. */
const CHAR_BYTES = 2;
const ITEM_BYTES = 16;

/** Items whose memory an object of its own takes, however few items it has. */
export const OBJECT_ITEMS = 16;

/** Characters that are read or written in the time of a step. */
const STEP_CHARS = 4;

/** Characters that are joined in the time of a step. */
const LINKED_SHARE = 64;

/** Characters that are compared in the time of a step. */
const COMPARED_SHARE = 32;

/** Levels of values in values, of expressions in expressions, and of calls in calls. */
const DEPTH_MAX = 200;

/**
 * The work, the memory and the depth that templates may still take. The runtimes do not report what is still in use. So a text counts until its
 * statement ends, and as long as a variable has it; what a list or an object has taken is not given back.
 */
export class Budget {
  readonly #steps: Steps;
  #held_bytes = 0;
  /** Bytes of the texts that the present statement has made. */
  #made_bytes = 0;
  #depth = 0;

  constructor(steps: Steps) {
    this.#steps = steps;
  }

  /** Counts work before it is done. */
  spend(steps: number): void {
    this.#steps.spend(steps);
  }

  /** Counts that a text is read. */
  read(chars: number): void {
    this.#steps.spend(1 + chars / STEP_CHARS);
  }

  /** Counts that a text is searched for a part: the platform may compare the whole part at each place. */
  search(chars: number, part_chars: number): void {
    this.#steps.spend(1 + (Math.max(chars - part_chars, 0) * part_chars) / COMPARED_SHARE);
  }

  /** Counts a text before it is made. */
  text(chars: number): void {
    if (chars > TEXT_CHARS_MAX) {
      throw new TemplateError(`the text has more than ${TEXT_CHARS_MAX} characters`);
    }
    this.read(chars);
    this.#made_bytes += chars * CHAR_BYTES;
    this.#check();
  }

  /** A text that has been made by joining others: the platform copies them when the text is read. */
  linked(text: string): string {
    if (text.length > TEXT_CHARS_MAX) {
      throw new TemplateError(`the text has more than ${TEXT_CHARS_MAX} characters`);
    }
    this.#steps.spend(1 + text.length / LINKED_SHARE);
    return text;
  }

  /** A text that has been made of texts that are already counted. */
  made(text: string): string {
    this.text(text.length);
    return text;
  }

  /** Counts items before they are made. */
  items(count: number): void {
    this.#steps.spend(1 + count);
    this.#held_bytes += count * ITEM_BYTES;
    this.#check();
  }

  /** Counts that a list, an object or a variable has a text. */
  hold(chars: number): void {
    this.#held_bytes += chars * CHAR_BYTES;
    this.#check();
  }

  /** A variable has a text no longer. */
  letGo(chars: number): void {
    this.#held_bytes -= chars * CHAR_BYTES;
  }

  /** Does what one statement does. */
  statement<T>(act: () => T): T {
    const before = this.#made_bytes;
    const value = act();
    this.#made_bytes = before;
    return value;
  }

  /** Does what lies one level deeper. */
  deeper<T>(act: () => T): T {
    if (this.#depth >= DEPTH_MAX) throw new TemplateError("its values or calls are nested too deep");
    this.#depth++;
    try {
      return act();
    } finally {
      this.#depth--;
    }
  }

  #check(): void {
    if (this.#held_bytes + this.#made_bytes <= MEMORY_BYTES_MAX) return;
    throw new TemplateError(`it needs more than ${MEMORY_MIB_MAX} MiB of memory`);
  }
}
