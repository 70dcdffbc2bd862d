import * as v from "valibot";
import { ofType } from "../schema/type.ts";

/**
 * An object of JSON. Anything else is refused in StackStorm's words. A record of valibot takes a list for an object, and drops keys
 * such as `constructor`.
 */
export const JsonObject = v.custom<Record<string, unknown>>((input) => misfit(input) === undefined, textOf);

function textOf({ input }: { input: unknown }): string {
  return misfit(input) ?? "";
}

function misfit(value: unknown): string | undefined {
  if (value === null) return "None is not of type 'object'";
  return ofType({ type: "object" }, value, (text) => text);
}
