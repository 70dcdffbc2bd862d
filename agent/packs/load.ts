import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as v from "valibot";
import { parse, YAMLParseError } from "yaml";
import { ActionSpec, PackSpec, RUNNERS } from "../../protocol/action.ts";
import { issueText } from "../../protocol/batch.ts";
import { configOf } from "./config.ts";

/** One pack on this host: its metadata, where it is, and its configuration, which never leaves the host. */
export interface LoadedPack extends PackSpec {
  folder: string;
  config: Record<string, unknown>;
}

/** What was found in pack folders. */
export interface Packs {
  packs: Map<string, LoadedPack>;
  actions: ActionSpec[];
  /** What could not be loaded, by path, line and reason. The rest is. */
  problems: string[];
  /** What is there, and is not ours to run, in words: rules, sensors and the like. */
  notices: string[];
}

/** What StackStorm's packs hold besides actions. */
const PASSED_OVER = ["aliases", "policies", "rules", "sensors", "triggers"];

/**
 * Loads pack folders in StackStorm's layout: `pack.yaml`, `actions/*.yaml` with the scripts beside them, and the
 * configuration from `configs/<pack>.yaml` beside the packs. A folder without a `pack.yaml` is a folder of packs.
 */
export function loadPacks(folders: string[]): Packs {
  const packs: Packs = { packs: new Map(), actions: [], problems: [], notices: [] };
  for (const folder of folders.map((path) => resolve(path))) {
    if (existsSync(join(folder, "pack.yaml"))) loadPack(folder, packs);
    else loadFolder(folder, packs);
  }
  return packs;
}

/** Where the entry point of an action is on this host. */
export function scriptOf(pack: LoadedPack, action: ActionSpec): string | undefined {
  return action.entry_point === "" ? undefined : join(pack.folder, "actions", action.entry_point);
}

function loadFolder(folder: string, packs: Packs): void {
  const names = attempt(packs, () => readdirSync(folder)) ?? [];
  const inside = names.filter((name) => existsSync(join(folder, name, "pack.yaml")));
  if (inside.length === 0) packs.problems.push(`${folder}: no pack.yaml, here or in a folder of it`);
  for (const name of inside.sort()) loadPack(join(folder, name), packs);
}

function loadPack(folder: string, packs: Packs): void {
  const file = join(folder, "pack.yaml");
  const read = attempt(packs, () => readYaml(file, PackFile));
  if (!read) return;
  const ref = read.ref ?? read.name;
  const spec = attempt(packs, () =>
    checked(file, PackSpec, { ...read, ref, version: String(read.version ?? "") }),
  );
  if (!spec) return;
  const config = attempt(packs, () => configOf(folder, ref)) ?? {};
  packs.packs.set(ref, { ...spec, folder, config });
  const passed = PASSED_OVER.filter((name) => existsSync(join(folder, name)));
  if (passed.length > 0) packs.notices.push(`${folder}: ${passed.join(", ")} are not run here`);
  const actions = join(folder, "actions");
  if (!existsSync(actions)) return;
  for (const name of readdirSync(actions).sort()) {
    if (/\.ya?ml$/.test(name)) attempt(packs, () => packs.actions.push(readAction(join(actions, name), ref)));
  }
}

function readAction(path: string, pack: string): ActionSpec {
  const { pack: _, ...read } = readYaml(path, ActionFile);
  const runner = RUNNERS.find((name) => name === (RUNNER_ALIASES[read.runner_type] ?? read.runner_type));
  if (!runner)
    throw new Error(`${path}: runner_type: "${read.runner_type}" is not one of ${RUNNERS.join(", ")}`);
  const spec = checked(path, ActionSpec, { ...withoutNulls(read), pack, runner_type: runner });
  const isScript = runner.endsWith("-script");
  if (isScript && spec.entry_point === "")
    throw new Error(`${path}: entry_point: missing, and ${runner} needs one`);
  if (isScript && !isFile(join(dirname(path), spec.entry_point))) {
    throw new Error(`${path}: entry_point: there is no file ${join(dirname(path), spec.entry_point)}`);
  }
  return spec;
}

/** Names that StackStorm once had for its runners. */
const RUNNER_ALIASES: Record<string, string> = {
  "run-local": "local-shell-cmd",
  "run-local-script": "local-shell-script",
  "run-remote": "remote-shell-cmd",
  "run-remote-script": "remote-shell-script",
  "run-python": "python-script",
};

const PackFile = v.looseObject({
  name: v.string(),
  ref: v.optional(v.string()),
  version: v.optional(v.union([v.string(), v.number()])),
});
const ActionFile = v.looseObject({ name: v.string(), runner_type: v.string() });

/** YAML writes an absent value as null; the schema wants it left out. */
function withoutNulls(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null));
}

/** A YAML file as its schema has it; throws with path, line and reason. */
export function readYaml<T>(path: string, schema: v.GenericSchema<unknown, T>): T {
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8"));
  } catch (error) {
    const line = error instanceof YAMLParseError ? `:${error.linePos?.[0].line ?? 1}` : "";
    throw new Error(
      `${path}${line}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
  }
  return checked(path, schema, value);
}

function checked<T>(path: string, schema: v.GenericSchema<unknown, T>, value: unknown): T {
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new Error(`${path}: ${issueText(parsed.issues[0])}`);
  return parsed.output;
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}

function attempt<T>(packs: Packs, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    packs.problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
