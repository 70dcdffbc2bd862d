/**
 * WebAssembly's instructions and a module of one function, with the names and numbers of its specification. Only what the agent's own
 * function uses (`escape-module.ts`).
 */

export type Code = readonly number[];

export const I32 = 0x7f;
export const V128 = 0x7b;

export const end: Code = [0x0b];
/** The block of a loop gives no value; a branch to it begins it again. */
export const loop: Code = [0x03, 0x40];
export const if_: Code = [0x04, 0x40];
export const return_: Code = [0x0f];
/** Branches to a block, counted from the innermost one, unless the value is zero. */
export const br_if = (block: number): Code => [0x0d, block];

export const local = {
  get: (index: number): Code => [0x20, index],
  set: (index: number): Code => [0x21, index],
  tee: (index: number): Code => [0x22, index],
};

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: [0x6a],
  sub: [0x6b],
  or: [0x72],
  shl: [0x74],
  ctz: [0x68],
  eq: [0x46],
  lt_u: [0x49],
  ge_u: [0x4f],
  load8_u: (offset = 0): Code => [0x2d, 0, offset],
} as const;

export const i64 = { load: [0x29, 0, 0], store: [0x37, 0, 0] } as const;
export const v128 = { load: simd(0x00, 0, 0), store: simd(0x0b, 0, 0), or: simd(0x50) } as const;
export const i8x16 = { splat: simd(0x0f), eq: simd(0x23), lt_u: simd(0x26), bitmask: simd(0x64) } as const;

function simd(number: number, ...rest: number[]): Code {
  return [0xfd, number, ...rest];
}

interface OneFunction {
  parameters: Code;
  result: number;
  /** Types of the other locals, and how many of each. */
  locals: readonly [count: number, type: number][];
  code: readonly Code[];
  memory_pages: number;
}

/** A module that exports the function as `f` and its memory as `m`. */
export function moduleOf(made: OneFunction): Uint8Array {
  const { parameters, result, locals, code, memory_pages } = made;
  const body = [locals.length, ...locals.flat(), ...code.flat(), ...end];
  const [magic, version] = [
    [0x00, 0x61, 0x73, 0x6d],
    [1, 0, 0, 0],
  ];
  return Uint8Array.from([
    ...magic,
    ...version,
    ...section("type", [1, 0x60, parameters.length, ...parameters, 1, result]),
    ...section("function", [1, 0]),
    ...section("memory", [1, 0, ...unsigned(memory_pages)]),
    ...section("export", [2, ...exported("m", 2), ...exported("f", 0)]),
    ...section("code", [1, ...sized(body)]),
  ]);
}

const SECTIONS = { type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;

function section(name: keyof typeof SECTIONS, bytes: number[]): number[] {
  return [SECTIONS[name], ...sized(bytes)];
}

/** The first of a kind under a name of one letter: kind 0 is a function, 2 a memory. */
function exported(letter: string, kind: number): number[] {
  return [1, letter.charCodeAt(0), kind, 0];
}

function sized(bytes: number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

/** LEB128: seven bits a byte, the lowest first. The top bit says that another byte follows. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value >= -0x40 && value < 0x40 ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
