import { isExact } from "../../base/numbers.ts";
import { braceFormat, type Reader } from "../operators/braces.ts";
import { textIn } from "../values/numbers.ts";
import { type Run, readArguments } from "../values/run.ts";
import { type Arguments, Dict, Thing, Tuple, type Value } from "../values/values.ts";
import { DICT_METHODS, entriesOf, update } from "./dicts.ts";
import { LIST_METHODS, TUPLE_METHODS } from "./lists.ts";
import { bound } from "./method.ts";
import { FLOAT_METHODS, WHOLE_METHODS } from "./numbers.ts";
import { TEXT_METHODS } from "./texts.ts";

/** An attribute that Python's own types have; undefined for any other. `read` is for the places of `format`. */
export function attributeIn(run: Run, value: Value, name: string, read: Reader): Value | undefined {
  const text = textIn(value);
  if (text !== undefined)
    return bound(TEXT_METHODS, "str", text, name, run) ?? formatOf(run, text, name, read);
  if (Array.isArray(value)) return bound(LIST_METHODS, "list", value, name, run);
  if (value instanceof Tuple) {
    const item = value.items[value.names.indexOf(name)];
    return item === undefined ? bound(TUPLE_METHODS, "tuple", value, name, run) : item;
  }
  if (value instanceof Dict) {
    return name === "update" ? updateOf(run, value) : bound(DICT_METHODS, "dict", value, name, run);
  }
  if (value instanceof Thing) return value.can.attribute?.(name);
  if (typeof value === "boolean") return ofWhole(run, BigInt(value), name);
  if (typeof value === "bigint") return ofWhole(run, value, name);
  if (typeof value !== "number" && !isExact(value)) return undefined;
  if (name === "real") return value;
  return name === "imag" ? 0 : bound(FLOAT_METHODS, "float", Number(value), name, run);
}

function ofWhole(run: Run, whole: bigint, name: string): Value | undefined {
  if (name === "real" || name === "numerator") return whole;
  if (name === "denominator") return 1n;
  return name === "imag" ? 0n : bound(WHOLE_METHODS, "int", whole, name, run);
}

function method(run: Run, type: string, name: string, call: (args: Arguments) => Value): Thing {
  return new Thing("builtin_function_or_method", `<built-in method ${name} of ${type} object at 0x0>`, {
    call: (args) => {
      readArguments(run, args);
      return call(args);
    },
  });
}

/** The methods that take whatever names they are given. */
function updateOf(run: Run, dict: Dict): Thing {
  return method(run, "dict", "update", ({ positional, named }) => {
    update(run, dict, positional[0], named);
    return null;
  });
}

function formatOf(run: Run, text: string, name: string, read: Reader): Thing | undefined {
  if (name === "format") return method(run, "str", name, (args) => braceFormat(text, args, read, run.budget));
  if (name !== "format_map") return undefined;
  return method(run, "str", name, ({ positional: [values = null] }) => {
    const named = new Map(entriesOf(run, values).map(([key, value]) => [textIn(key) ?? "", value]));
    return braceFormat(text, { positional: [], named }, read, run.budget);
  });
}
