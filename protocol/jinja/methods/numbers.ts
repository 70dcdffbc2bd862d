import type { Methods } from "./method.ts";

export const WHOLE_METHODS: Methods<bigint> = {
  bit_count: ["", (_, whole) => BigInt(magnitude(whole).toString(2).replaceAll("0", "").length)],
  bit_length: ["", (_, whole) => (whole === 0n ? 0n : BigInt(magnitude(whole).toString(2).length))],
  conjugate: ["", (_, whole) => whole],
  is_integer: ["", () => true],
};

export const FLOAT_METHODS: Methods<number> = {
  conjugate: ["", (_, float) => float],
  is_integer: ["", (_, float) => Number.isInteger(float)],
};

function magnitude(whole: bigint): bigint {
  return whole < 0n ? -whole : whole;
}
