import { native, type Run, readArguments } from "../values/run.ts";
import { Thing, type Value } from "../values/values.ts";

interface Body<T> {
  /** A method, so that each body may say which of its parameters are always given. */
  run(run: Run, self: T, ...values: (Value | undefined)[]): Value;
}

/** The methods of one type: by name the parameters, as `native` takes them, and what it does. */
export type Methods<T> = Record<string, readonly [parameters: string, body: Body<T>["run"]]>;

/** A method of a value, which can be called. */
export function bound<T>(
  methods: Methods<T>,
  type: string,
  self: T,
  name: string,
  run: Run,
): Thing | undefined {
  if (!Object.hasOwn(methods, name)) return undefined;
  const [parameters, body] = methods[name] ?? ["", () => null];
  const call = native(`${type}.${name}`, parameters, (caller, ...values) => body(caller, self, ...values));
  return new Thing(
    "builtin_function_or_method",
    `<built-in method ${name} of ${type} object at 0x0>`,
    {
      call: (args) => {
        if (typeof self === "string") run.budget.read(self.length);
        readArguments(run, args);
        return call(run, args);
      },
    },
    typeof self === "string" ? self.length : 0,
  );
}
