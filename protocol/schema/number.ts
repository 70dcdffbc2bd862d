import type { Schema } from "./type.ts";

/** The reason why a number does not fit the bounds of its schema. */
export function ofNumber(schema: Schema, value: unknown): string | undefined {
  if (typeof value !== "number") return undefined;
  const { minimum, maximum, multipleOf, exclusiveMinimum, exclusiveMaximum } = schema;
  if (typeof minimum === "number") {
    if (value < minimum) return `${value} is less than the minimum of ${minimum}`;
    if (exclusiveMinimum === true && value === minimum)
      return `${value} is less than or equal to the minimum of ${minimum}`;
  }
  if (typeof maximum === "number") {
    if (value > maximum) return `${value} is greater than the maximum of ${maximum}`;
    if (exclusiveMaximum === true && value === maximum)
      return `${value} is greater than or equal to the maximum of ${maximum}`;
  }
  if (typeof multipleOf !== "number" || multipleOf <= 0) return undefined;
  // Doubles are inexact for tenths: a quotient counts as whole if it nearly is.
  const quotient = value / multipleOf;
  const is_multiple = Math.abs(quotient - Math.round(quotient)) <= Math.abs(quotient) * Number.EPSILON;
  return is_multiple ? undefined : `${value} is not a multiple of ${multipleOf}`;
}
