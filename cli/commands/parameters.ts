import { TailraceError } from "../../protocol/base/errors.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { VALUE_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { numberOf } from "../../protocol/base/numbers.ts";
import type { Parameter, Parameters } from "../../protocol/model/action.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { readInputFile } from "../base/input.ts";

/**
 * Reads `name=value` tokens as StackStorm's client does: each by the type of the runner's parameter, else the
 * action's. `@name=path` sends a file's content. A token without `=` begins `cmd`, and all that follows belongs to it.
 */
export function readParameters(
  tokens: string[],
  runner: Parameters,
  action: Parameters,
): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const [index, token] of tokens.entries()) {
    const equals = token.indexOf("=");
    if (equals <= 0) {
      values.cmd = tokens.slice(index).join(" ");
      break;
    }
    const isFile = token.startsWith("@");
    const name = token.slice(isFile ? 1 : 0, equals);
    const text = isFile ? readInputFile(token.slice(equals + 1), "@name=FILE") : token.slice(equals + 1);
    const parameter = { ...action[name], ...runner[name] };
    const value = isFile ? text : readValue(name, text, parameter);
    const before = values[name];
    values[name] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
  }
  return values;
}

function readValue(name: string, text: string, { type }: Parameter): unknown {
  switch (type) {
    case "integer":
      if (!/^-?\d+$/.test(text)) throw wrong(name, text, "a whole number");
      return numberOf(text) ?? Number(text);
    case "number":
      if (text.trim() === "" || Number.isNaN(Number(text))) throw wrong(name, text, "a number");
      return numberOf(text) ?? Number(text);
    case "boolean":
      if (!/^(true|false|1|0)$/i.test(text)) throw wrong(name, text, "true or false");
      return /^(true|1)$/i.test(text);
    case "array":
      return text.startsWith("[") ? readJson(name, text) : text.split(",").map((item) => item.trim());
    case "object":
      return text.startsWith("{") ? readJson(name, text) : readPairs(name, text);
    default:
      return text;
  }
}

function readJson(name: string, text: string): unknown {
  try {
    return parseJson(text, { depth_max: VALUE_DEPTH_MAX, exact: true });
  } catch (error) {
    if (error instanceof TailraceError) throw new CliError(`Parameter ${name}: ${error.message}`, EXIT.usage);
    throw wrong(name, text, "JSON");
  }
}

function readPairs(name: string, text: string): Record<string, string> {
  const pairs = text.split(",").map((pair) => {
    const equals = pair.indexOf("=");
    if (equals <= 0) throw wrong(name, text, 'pairs like "a=1,b=2", or JSON');
    return [pair.slice(0, equals).trim(), pair.slice(equals + 1)];
  });
  return Object.fromEntries(pairs);
}

function wrong(name: string, text: string, wanted: string): CliError {
  return new CliError(`Parameter ${name} takes ${wanted}, not "${text}".`, EXIT.usage);
}
