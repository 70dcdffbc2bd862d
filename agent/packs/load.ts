import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import * as v from "valibot";

import { ActionSpec, PackSpec, RUNNERS } from "../../protocol/action.ts";
import { configOf } from "./config.ts";
import { checked, type ReadFile, readYaml } from "./yaml.ts";

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
  const spec = attempt(packs, () => {
    const { value, place } = readYaml(file, PackFile);
    const { name, ref = name, version = "" } = value;
    return checked(place, PackSpec, { ...withoutNulls(value), ref, version: String(version) });
  });
  if (!spec) return;
  const { ref } = spec;
  const config = attempt(packs, () => configOf(folder, ref)) ?? {};
  packs.packs.set(ref, { ...spec, folder, config });
  const passed = PASSED_OVER.filter((name) => existsSync(join(folder, name)));
  const others = loadActions(join(folder, "actions"), ref, packs);
  for (const [runner, count] of others) passed.push(`${count} of ${runner}`);
  if (passed.length > 0) packs.notices.push(`${folder}: not run here: ${passed.join(", ")}`);
}

/** Loads a folder of actions; tells how many there are of each runner of StackStorm's that is not ours. */
function loadActions(folder: string, ref: string, packs: Packs): Map<string, number> {
  const others = new Map<string, number>();
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  for (const path of names.filter((name) => /\.ya?ml$/.test(name)).map((name) => join(folder, name))) {
    attempt(packs, () => {
      const read = readYaml(path, ActionFile);
      const { runner_type } = read.value;
      if (OTHER_RUNNERS.has(runner_type)) others.set(runner_type, (others.get(runner_type) ?? 0) + 1);
      else packs.actions.push(readAction(path, ref, read));
    });
  }
  return others;
}

/** StackStorm's runners that stream nothing, or need what a host of ours does not have. */
const OTHER_RUNNERS = new Set([
  "action-chain",
  "announcement",
  "cloudslang",
  "http-request",
  "http-runner",
  "inquirer",
  "mistral-v2",
  "orquesta",
  "winrm-cmd",
  "winrm-ps-cmd",
  "winrm-ps-script",
]);

function readAction(
  path: string,
  pack: string,
  { value, place }: ReadFile<{ runner_type: string }>,
): ActionSpec {
  const runner = RUNNERS.find((name) => name === (RUNNER_ALIASES[value.runner_type] ?? value.runner_type));
  const fail = (key: string, reason: string) => new Error(`${place([key])}: ${key}: ${reason}`);
  if (!runner) throw fail("runner_type", `"${value.runner_type}" is not one of ${RUNNERS.join(", ")}`);
  const spec = checked(place, ActionSpec, { ...withoutNulls(value), pack, runner_type: runner });
  if (!runner.endsWith("-script")) return spec;
  const script = join(dirname(path), spec.entry_point);
  if (spec.entry_point === "") throw fail("entry_point", `missing, and ${runner} needs one`);
  if (!isFile(script)) throw fail("entry_point", `there is no file ${script}`);
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
