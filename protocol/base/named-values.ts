import * as v from "valibot";
import { isStructure } from "./numbers.ts";

/**
 * A JSON object whose names come from users, such as that of an action's parameters. A record of valibot drops the names `constructor`
 * and `prototype`. `__proto__` is refused, because code that sets a value by this name would change the object itself.
 */
export function namedValues<T>(
  name: v.GenericSchema<string>,
  value: v.GenericSchema<unknown, T>,
): v.GenericSchema<Record<string, unknown>, Record<string, T>> {
  return v.pipe(
    v.custom<Record<string, unknown>>(isObject, "is not an object"),
    v.rawTransform(({ dataset: { value: input }, addIssue }) => {
      const values: [string, T][] = [];
      for (const [key, given] of Object.entries(input)) {
        const [names, parsed] = [v.safeParse(v.pipe(v.string(), NAME, name), key), v.safeParse(value, given)];
        for (const { message, path = [] } of [...(names.issues ?? []), ...(parsed.issues ?? [])])
          addIssue({
            message,
            path: [{ type: "object", origin: "value", input, key, value: given }, ...path],
          });
        if (parsed.success) values.push([key, parsed.output]);
      }
      return Object.fromEntries(values);
    }),
  );
}

const NAME = v.check<string, string>((name) => name !== "__proto__", "__proto__ cannot be a name");

function isObject(value: unknown): boolean {
  return isStructure(value) && !Array.isArray(value);
}
