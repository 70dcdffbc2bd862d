import { TailraceError } from "../base/errors.ts";
import { ARGUMENT_BYTES_MAX, START_BYTES_MAX } from "../base/limits.ts";
import { isStructure } from "../base/numbers.ts";
import type { ActionSpec } from "./action.ts";
import { type Argument, scriptArguments, variableText } from "./arguments.ts";

/**
 * Refuses arguments and variables with which no program can be started: one is longer than Linux takes, or all together are. A command
 * may have any length, because a shell reads a long one from a file. `isKnown` says which values are final: a template is not.
 */
export function checkStart(
  { runner_type, parameters }: ActionSpec,
  runner: Record<string, unknown>,
  action: Record<string, unknown>,
  isKnown: (value: unknown) => boolean,
): void {
  const known = Object.fromEntries(Object.entries(action).filter(([, value]) => isKnown(value)));
  const variables = variablesOf(runner.env).filter(({ text }) => isKnown(text));
  const script = runner_type.endsWith("-shell-script")
    ? scriptArguments(parameters, known, String(runner.kwarg_op ?? "--"))
    : [];
  let total_bytes = 0;
  for (const { parameter, what, text } of [...variables, ...script.map(asArgument)]) {
    const bytes = new TextEncoder().encode(text).length;
    total_bytes += bytes + POINTER_BYTES;
    if (bytes <= ARGUMENT_BYTES_MAX) continue;
    throw new TailraceError(
      "invalid",
      `Parameter "${parameter}": ${what} has ${bytes} bytes; a program takes at most ${ARGUMENT_BYTES_MAX}.`,
    );
  }
  if (total_bytes <= START_BYTES_MAX) return;
  throw new TailraceError(
    "invalid",
    `The arguments and variables of the action take ${total_bytes} bytes together; a program takes at most ${START_BYTES_MAX}.`,
  );
}

/** Bytes that the system keeps for each argument and variable besides its text: a pointer and a zero byte. */
const POINTER_BYTES = 9;

interface Started extends Argument {
  what: string;
}

function variablesOf(env: unknown): Started[] {
  if (!isStructure(env)) return [];
  return Object.entries(env).map(([name, value]) => ({
    parameter: "env",
    what: `the variable "${name}", with its name,`,
    text: `${name}=${variableText(value)}`,
  }));
}

function asArgument(argument: Argument): Started {
  return { ...argument, what: "its argument" };
}
