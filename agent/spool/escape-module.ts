import {
  br_if,
  end,
  I32,
  i8x16,
  i32,
  i64,
  if_,
  local,
  loop,
  moduleOf,
  return_,
  V128,
  v128,
} from "./webassembly.ts";

/** The bytes that one step reads and writes, also beyond the end of the text. */
export const STEP_BYTES = 16;

/**
 * The table begins at the memory's beginning. For each byte that JSON escapes, it has eight bytes: what JSON writes, and last how many
 * bytes that are.
 */
export const ENTRY_BYTES = 8;
const ENTRY_SHIFT = 3;

/** The function's parameters: the text's place, its end, and the target's place. */
const [text, text_end, target] = [0, 1, 2];
/** The sixteen bytes, and sixteen times what is looked for. */
const [step, spaces, quotes, backslashes] = [3, 4, 5, 6];
/** How many of the sixteen bytes need no escape, and an entry of the table. */
const [plain, entry] = [7, 8];

const { get, set, tee } = local;
const SPACE = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** The bit after those of the sixteen bytes. */
const NO_BYTE = 1 << STEP_BYTES;

/**
 * A module with a function `f` that escapes a text as JSON does, and returns the target's end. It copies sixteen bytes at a time and
 * looks at all of them at once: in JavaScript, this loop was a quarter of the agent's processor time.
 */
export function escapeModule(memory_pages: number): Uint8Array {
  return moduleOf({
    parameters: [I32, I32, I32],
    result: I32,
    locals: [
      [4, V128],
      [2, I32],
    ],
    code: CODE,
    memory_pages,
  });
}

/** What a line takes from the stack is what the line and those before it have put there. */
const CODE = [
  ...[i32.const(SPACE), i8x16.splat, set(spaces)],
  ...[i32.const(QUOTE), i8x16.splat, set(quotes)],
  ...[i32.const(BACKSLASH), i8x16.splat, set(backslashes)],

  loop,
  // The target gets the text's next bytes.
  ...[get(target), get(text), v128.load, tee(step), v128.store],

  // A bit for each byte that is below a space, a quote or a backslash, and one after the last byte. The lowest one counts.
  ...[get(step), get(spaces), i8x16.lt_u],
  ...[get(step), get(quotes), i8x16.eq, v128.or],
  ...[get(step), get(backslashes), i8x16.eq, v128.or],
  ...[i8x16.bitmask, i32.const(NO_BYTE), i32.or, i32.ctz, tee(plain)],

  // Both places go on to that byte.
  ...[get(text), i32.add, set(text)],
  ...[get(target), get(plain), i32.add, set(target)],

  // Beyond the text's end: return target - (text - text_end).
  ...[get(text), get(text_end), i32.ge_u, if_],
  ...[get(target), get(text), get(text_end), i32.sub, i32.sub, return_],
  end,

  // No byte of the sixteen needs an escape: again.
  ...[get(plain), i32.const(STEP_BYTES), i32.eq, br_if(0)],

  // The target gets the byte's entry, and goes on by the entry's length.
  ...[get(text), i32.load8_u(), i32.const(ENTRY_SHIFT), i32.shl, set(entry)],
  ...[get(target), get(entry), i64.load, i64.store],
  ...[get(target), get(entry), i32.load8_u(ENTRY_BYTES - 1), i32.add, set(target)],

  // The byte is done: again, unless it was the last one.
  ...[get(text), i32.const(1), i32.add, tee(text), get(text_end), i32.lt_u, br_if(0)],
  end,

  get(target),
];
