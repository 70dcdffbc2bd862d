import type { Argument, Command, Option } from "commander";
import type { ConfigFlags } from "../settings/config.ts";

/** A word that may stand at the cursor, and what it is. */
export interface Word {
  value: string;
  text: string;
}

/** What only the server knows. */
export type Asked = "executions" | "actions";

/** What may stand at the cursor: known words, words of the server, or else a file. */
export interface Suggestion {
  words: Word[];
  asked?: Asked;
}

/** A command line up to the cursor: the command, its values before the cursor, and what awaits one there. */
interface Place {
  command: Command;
  position: number;
  option: Option | undefined;
  has_ended: boolean;
  /** The given flags, by their names in the command's action. */
  flags: Record<string, string>;
}

/** What may stand in place of the last of these words, the one at the cursor. The words begin after the program's name. */
export function suggest(program: Command, typed: readonly string[]): Suggestion {
  const words = joined(typed);
  const current = words.at(-1) ?? "";
  const { command, position, option, has_ended } = placeOf(program, words);
  if (option !== undefined) return valuesOf(option);
  if (current.startsWith("-") && !has_ended) return { words: flagsOf(command) };
  const argument = command.registeredArguments[position] ?? variadicOf(command);
  const values = argument === undefined ? { words: [] } : valuesOf(argument);
  return position === 0 ? { ...values, words: [...commandsOf(command), ...values.words] } : values;
}

/** The server and the key that the command line names before the cursor. */
export function serverOf(program: Command, typed: readonly string[]): ConfigFlags {
  const { url, keyFile } = placeOf(program, joined(typed)).flags;
  return { ...(url === undefined ? {} : { url }), ...(keyFile === undefined ? {} : { keyFile }) };
}

function placeOf(program: Command, words: readonly string[]): Place {
  const place: Place = { command: program, position: 0, option: undefined, has_ended: false, flags: {} };
  for (const word of words.slice(0, -1)) {
    if (place.option !== undefined) {
      place.flags[place.option.attributeName()] = word;
      place.option = undefined;
    } else if (place.has_ended) place.position++;
    else if (word === "--") place.has_ended = true;
    else if (word.startsWith("-")) place.option = awaiting(place.command, word);
    else {
      const next = place.position === 0 ? named(place.command, word) : undefined;
      if (next === undefined) place.position++;
      else place.command = next;
    }
  }
  return place;
}

/** A shell may part `--type=stderr` into three words. */
function joined(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const word of words) {
    const [, flag, value] = /^(--[^=]+)=(.*)$/s.exec(word) ?? [];
    if (flag !== undefined && value !== undefined) whole.push(flag, value);
    else if (word !== "=" || !whole.at(-1)?.startsWith("--")) whole.push(word);
  }
  return words.at(-1) === "=" ? [...whole, ""] : whole;
}

function awaiting(command: Command, word: string): Option | undefined {
  return command.options.find(({ long, short, required }) => required && (long === word || short === word));
}

function named(command: Command, name: string): Command | undefined {
  return command.commands.find((one) => one.name() === name);
}

function variadicOf(command: Command): Argument | undefined {
  const last = command.registeredArguments.at(-1);
  return last?.variadic ? last : undefined;
}

function commandsOf(command: Command): Word[] {
  const visible = command.createHelp().visibleCommands(command);
  return visible.map((one) => ({ value: one.name(), text: one.description() }));
}

function flagsOf(command: Command): Word[] {
  const visible = command.createHelp().visibleOptions(command);
  return visible.flatMap(({ long, description }) => (long ? [{ value: long, text: description }] : []));
}

function valuesOf(from: Option | Argument): Suggestion {
  const words = (from.argChoices ?? []).map((value) => ({ value, text: "" }));
  const asked = askedBy(from);
  return asked === undefined ? { words } : { words, asked };
}

/** The definitions name an execution and an action in the same words everywhere. */
function askedBy({ description }: Option | Argument): Asked | undefined {
  if (description.startsWith("an execution's id")) return "executions";
  return /^(the action's reference|show only this action)/.test(description) ? "actions" : undefined;
}
