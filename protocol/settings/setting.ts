import * as v from "valibot";

/** How a setting is given. The key of its row is its name, also in the settings file. */
export interface Setting {
  /** How a text becomes the value: a list takes several flags, and commas in a variable. */
  kind: "text" | "number" | "list" | "switch";
  flag?: string;
  /** The word for the flag's value in the help. */
  word?: string;
  /** The environment variable. */
  variable?: string;
  in_file: boolean;
  is_secret?: boolean;
  /** What it does, in a few words. */
  text: string;
}

export type SettingsTable = Readonly<Record<string, Setting>>;

/** Where settings come from, the first that has one: flags by the setting's name, the environment, and a file's values. */
export interface SettingSources {
  flags: Readonly<Record<string, unknown>>;
  env: Readonly<Record<string, string | undefined>>;
  file: SettingsFile | undefined;
}

export interface SettingsFile {
  name: string;
  values: Readonly<Record<string, unknown>>;
}

/** A value that a source gives, and its place in words: `--slots`, `TAILRACE_AGENT_SLOTS`, `slots in agent.toml`. */
export interface Given {
  value: unknown;
  origin: "flag" | "environment" | "file";
  place: string;
}

/** What the sources give, by setting. A setting without an entry has its default. */
export function givenSettings(table: SettingsTable, sources: SettingSources): Map<string, Given> {
  const given = new Map<string, Given>();
  for (const [name, setting] of Object.entries(table)) {
    const found = givenBy(name, setting, sources);
    if (found !== undefined) given.set(name, found);
  }
  return given;
}

/** The checked values. Throws for a wrong one, with its place. */
export function checkedSettings<S extends v.ObjectSchema<v.ObjectEntries, undefined>>(
  schema: S,
  given: ReadonlyMap<string, Given>,
): v.InferOutput<S> {
  const raw = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const checked = v.safeParse(schema, raw);
  if (checked.success) return checked.output;
  const [issue] = checked.issues;
  const name = String(issue.path?.[0].key);
  throw new Error(`${given.get(name)?.place ?? name}: ${issue.message}`);
}

function givenBy(
  name: string,
  { kind, flag, variable, in_file }: Setting,
  { flags, env, file }: SettingSources,
): Given | undefined {
  if (flag !== undefined && flags[name] !== undefined)
    return { value: fromText(kind, flags[name]), origin: "flag", place: flag };
  // An empty variable counts as none.
  const text = variable === undefined ? undefined : env[variable] || undefined;
  if (variable !== undefined && text !== undefined) {
    const value = fromText(kind, kind === "list" ? text.split(",") : text);
    return { value, origin: "environment", place: variable };
  }
  if (!in_file || file?.values[name] === undefined) return undefined;
  return { value: file.values[name], origin: "file", place: `${name} in ${file.name}` };
}

/** The value of a flag or a variable. A text that is no number stays a text, which the check refuses. */
function fromText(kind: Setting["kind"], given: unknown): unknown {
  if (kind === "number" && typeof given === "string" && /^\d+(\.\d+)?$/.test(given)) return Number(given);
  if (kind === "switch" && (given === "true" || given === "false")) return given === "true";
  return given;
}
