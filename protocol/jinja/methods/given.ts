import { TemplateError } from "../values/errors.ts";
import { textIn } from "../values/numbers.ts";
import { typeName } from "../values/types.ts";
import type { Value } from "../values/values.ts";

/** A text that a method is given. */
export function given(value: Value | undefined, what = "str"): string {
  const text = textIn(value);
  if (text !== undefined) return text;
  throw new TemplateError(`must be ${what}, not ${typeName(value ?? null)}`);
}
