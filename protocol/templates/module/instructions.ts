import type { ByteReader } from "./bytes.ts";

/** The instructions before or after which code is inserted. */
export const LOOP = 0x03;
export const BULK = 0xfc;
export const MEMORY_COPY = 10;
export const MEMORY_FILL = 11;

const NUMBER = 1;
const TWO_NUMBERS = 2;

/** The operands of an instruction that are not a fixed count of LEB128 numbers; all others have none. */
const NUMBERS = new Map<number, number>([
  ...range(0x02, 0x04, NUMBER),
  ...range(0x0c, 0x0d, NUMBER),
  [0x10, NUMBER],
  [0x11, TWO_NUMBERS],
  ...range(0x20, 0x26, NUMBER),
  ...range(0x28, 0x3e, TWO_NUMBERS),
  ...range(0x3f, 0x42, NUMBER),
  [0xd0, NUMBER],
  [0xd2, NUMBER],
]);

/** The count of numbers after an instruction of the second page (`0xfc`), by the instruction's number. */
const BULK_NUMBERS = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

/** Instructions without operands. */
const BARE = new Set([...keys(0x00, 0x01), 0x05, 0x0b, 0x0f, 0x1a, 0x1b, ...keys(0x45, 0xc4), 0xd1]);

/** Skips the operands of an instruction whose own byte has been read. Throws for an unknown instruction. */
export function skipOperands(reader: ByteReader, opcode: number): void {
  if (opcode === 0x43) reader.at += 4;
  else if (opcode === 0x44) reader.at += 8;
  else if (opcode === 0x0e) skipNumbers(reader, reader.number() + 1);
  else if (opcode === 0x1c) skipNumbers(reader, reader.number());
  else if (opcode === BULK) skipNumbers(reader, BULK_NUMBERS[reader.number()] ?? unknown(opcode));
  else if (!BARE.has(opcode)) skipNumbers(reader, NUMBERS.get(opcode) ?? unknown(opcode));
}

function skipNumbers(reader: ByteReader, count: number): void {
  for (let number = 0; number < count; number++) reader.skipNumber();
}

function unknown(opcode: number): never {
  throw new Error(`the module has an unknown instruction 0x${opcode.toString(16)}`);
}

function keys(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}

function range(first: number, last: number, numbers: number): [number, number][] {
  return keys(first, last).map((key) => [key, numbers]);
}
