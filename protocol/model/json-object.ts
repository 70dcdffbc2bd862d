import * as v from "valibot";
import { STEPS_MAX } from "../base/limits.ts";
import { Steps } from "../base/steps.ts";
import { misfitOf } from "../schema/check.ts";

/** An object of JSON. Anything else is refused in StackStorm's words. A record alone takes a list for an object. */
export const JsonObject = v.pipe(
  v.custom<Record<string, unknown>>((input) => misfit(input) === undefined, textOf),
  v.record(v.string(), v.unknown()),
);

function textOf({ input }: { input: unknown }): string {
  return misfit(input) ?? "";
}

function misfit(value: unknown): string | undefined {
  if (value === null) return "None is not of type 'object'";
  return misfitOf({ type: "object" }, value, new Steps(STEPS_MAX))?.reason;
}
