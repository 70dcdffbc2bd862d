import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parse } from "smol-toml";
import { failureText, firstLineOf } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { mistakeIn, SERVER_SETTINGS, type Setting, type SettingValue } from "./server-settings.ts";

/** The settings that a file has. Throws for one that no setting has the name of, and for a value of the wrong kind. */
export function readServerFile(file: string): Map<string, SettingValue> {
  const found = new Map<string, SettingValue>();
  for (const [name, value] of Object.entries(tableIn(file))) {
    const setting = SERVER_SETTINGS.find((one) => one.name === name);
    if (setting === undefined)
      throw new CliError(`${file}: no setting is named "${name}". \`tailrace config\` lists them.`);
    found.set(name, checked(file, setting, value));
  }
  return found;
}

function tableIn(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(
      `The settings in ${file} cannot be read: ${failureText(error)}. Name another: --config FILE`,
    );
  }
  try {
    return parse(text);
  } catch (error) {
    throw new CliError(
      `${file} is not TOML: ${placeOf(error)}${firstLineOf(error)}. Write settings like port = 7171.`,
    );
  }
}

function placeOf(error: unknown): string {
  return error instanceof Error && "line" in error ? `line ${error.line}: ` : "";
}

function checked(file: string, setting: Setting, value: unknown): SettingValue {
  const mistake = mistakeIn(setting, value);
  if (mistake !== undefined) throw new CliError(`${file}: ${setting.name} must be ${mistake}.`);
  return withinFolder(setting, value as SettingValue, dirname(file));
}

function withinFolder({ is_path }: Setting, value: SettingValue, folder: string): SettingValue {
  if (!is_path || value === "") return value;
  if (typeof value === "string") return resolve(folder, value);
  return Array.isArray(value) ? value.map((path) => resolve(folder, path)) : value;
}
