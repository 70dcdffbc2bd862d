import { parse } from "smol-toml";
import { firstLineOf, oneLine, openSentence } from "../base/failure-text.ts";
import type { SettingsFile, SettingsTable } from "./setting.ts";

/** Reads a settings file, which is TOML. Throws if it is not, or for a key that is no setting. The values are not checked. */
export function parseSettingsFile(text: string, name: string, table: SettingsTable): SettingsFile {
  const values = parsed(text, name);
  const known = Object.entries(table).flatMap(([key, { in_file }]) => (in_file ? [key] : []));
  const unknown = Object.keys(values).find((key) => !known.includes(key));
  if (unknown === undefined) return { name, values };
  const is_secret = table[unknown]?.is_secret === true;
  throw new Error(
    is_secret
      ? `${name}: the value of ${unknown} does not belong in this file: put it into a file of its own and name that by ${unknown}_file.`
      : `${name}: there is no setting ${oneLine(unknown)}.${listOf(known)}`,
  );
}

/** A message is one line: a long list is left to the help. */
function listOf(known: readonly string[]): string {
  return known.length > LISTED_MAX ? "" : ` There are ${known.join(", ")}.`;
}

const LISTED_MAX = 20;

function parsed(text: string, name: string): Record<string, unknown> {
  try {
    return parse(text);
  } catch (error) {
    // The lines after the first show an excerpt.
    const said = openSentence(firstLineOf(error));
    const line = error instanceof Error && "line" in error ? `:${String(error.line)}` : "";
    throw new Error(`${name}${line} is not TOML: ${said}.`);
  }
}
