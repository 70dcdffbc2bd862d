import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import * as v from "valibot";
import { messageOf, oneLine } from "../../protocol/base/failure-text.ts";
import { ACTIONS_MAX, LABEL_CHARS_MAX, PACKS_MAX } from "../../protocol/base/limits.ts";
import { type ActionSpec, MISSING_RUNNERS, PackSpec } from "../../protocol/model/action.ts";
import { ADVICE } from "../../protocol/model/missing-runners.ts";
import { oversize } from "../../protocol/model/pack-pages.ts";
import type { AnnouncedPack } from "../../protocol/wire/agent.ts";
import { entryPointIn, readAction } from "./action.ts";
import { type PackConfig, readConfig } from "./config.ts";
import { packDigest } from "./digest.ts";
import { insidePack, OutsideError, refuseLinksOut } from "./inside.ts";
import { brokenTemplates, unreadDefaults } from "./unread.ts";
import { checked, readYaml, withoutNulls } from "./yaml.ts";

/** One pack on this host: its metadata, its folder, its actions by name, and its configuration, which never leaves the host. */
export interface LoadedPack extends PackSpec, PackConfig {
  folder: string;
  own_actions: Map<string, ActionSpec>;
}

/** The packs that were found in folders. */
export interface Packs {
  packs: Map<string, LoadedPack>;
  actions: ActionSpec[];
  /** What could not be loaded, with path, line and reason. Everything else is loaded. */
  problems: string[];
  /** What was found and is not run here, in words: rules, sensors and the like. */
  notices: string[];
}

/** Folders of StackStorm's packs that are ignored. */
const PASSED_OVER = ["aliases", "policies", "rules", "sensors", "triggers"];

/**
 * Loads pack folders in StackStorm's layout: `pack.yaml`, `actions/*.yaml` with the scripts beside them, and the
 * configuration from `configs/<pack>.yaml` beside the packs. A folder without a `pack.yaml` is a folder of packs. A later pack
 * replaces an earlier one with the same name.
 */
export function loadPacks(folders: string[]): Packs {
  const packs: Packs = { packs: new Map(), actions: [], problems: [], notices: [] };
  for (const folder of folders.map((path) => resolve(path))) {
    if (existsSync(join(folder, "pack.yaml"))) loadPack(folder, packs);
    else loadFolder(folder, packs);
  }
  return packs;
}

/** A pack's metadata, for the server. */
export function specOf({ ref, name, version, description, author }: LoadedPack): PackSpec {
  return { ref, name, version, description, author };
}

/** A pack as an agent announces it. */
export function announced({ ref, version, folder }: LoadedPack): AnnouncedPack {
  return { ref, version: version.slice(0, LABEL_CHARS_MAX), digest: packDigest(folder) };
}

/** The real path of an action's entry point on this host. Throws if it now leads out of the pack. */
export function scriptOf({ folder }: LoadedPack, { entry_point }: ActionSpec): string | undefined {
  return entry_point === "" ? undefined : insidePack(folder, entryPointIn(entry_point));
}

function loadFolder(folder: string, packs: Packs): void {
  const names = attempt(packs, () => readdirSync(folder));
  if (names === undefined) return;
  const inside = names.filter((name) => existsSync(join(folder, name, "pack.yaml")));
  if (inside.length === 0) packs.problems.push(`${folder}: no pack.yaml, neither in it nor in its folders`);
  for (const name of inside.sort()) loadPack(join(folder, name), packs);
}

function loadPack(folder: string, packs: Packs): void {
  const spec = attempt(packs, () => within(folder, () => readPack(folder)));
  if (!spec) return;
  const { ref } = spec;
  const config = attempt(packs, () => within(folder, () => readConfig(folder, ref)));
  const replaced = packs.packs.get(ref);
  if (!replaced && packs.packs.size >= PACKS_MAX) {
    packs.problems.push(`${folder}: an agent has at most ${PACKS_MAX} packs`);
    return;
  }
  if (replaced) {
    packs.notices.push(`${folder}: replaces the pack ${ref} in ${replaced.folder}`);
    packs.actions = packs.actions.filter(({ pack }) => pack !== ref);
  }
  const own_actions = new Map<string, ActionSpec>();
  packs.packs.set(ref, { ...spec, folder, own_actions, ...(config ?? { config: {}, config_schema: {} }) });
  const passed = PASSED_OVER.filter((name) => existsSync(join(folder, name)));
  loadActions(folder, ref, own_actions, packs);
  if (own_actions.size > ACTIONS_MAX) {
    const count = `${own_actions.size} actions`;
    packs.problems.push(`${folder}: ${count}, and a pack has at most ${ACTIONS_MAX}: none of them is loaded`);
    own_actions.clear();
  }
  packs.actions.push(...own_actions.values());
  if (passed.length > 0) packs.notices.push(`${folder}: not run here: ${passed.join(", ")}`);
  for (const notice of missingRunners([...own_actions.values()])) packs.notices.push(`${folder}: ${notice}`);
}

/** Which actions need a runner that Tailrace does not have: a notice for each such runner. */
function missingRunners(actions: ActionSpec[]): string[] {
  return MISSING_RUNNERS.flatMap((runner) => {
    const names = actions.filter(({ runner_type }) => runner_type === runner).map(({ name }) => name);
    if (names.length === 0) return [];
    const listed = names.slice(0, NAMED_MAX).join(", ") + (names.length > NAMED_MAX ? ", …" : "");
    return [`not run here, as the runner ${runner} is missing: ${listed}. ${ADVICE[runner]}`];
  });
}

/** Actions that one notice names. */
const NAMED_MAX = 20;

/** Folders whose files are run or imported. */
const CODE = ["actions", "lib"];

/** A pack's own metadata. Throws if a link in the pack leads out of its folder. */
function readPack(folder: string): PackSpec {
  refuseLinksOut(folder, CODE);
  insidePack(folder, "pack.yaml");
  const { value, place } = readYaml(join(folder, "pack.yaml"), PackFile);
  const { name, version } = value;
  const ref = value.ref ?? [name, basename(folder)].find((text) => REF.test(text)) ?? name;
  return checked(place, PackSpec, { ...withoutNulls(value), ref, version: String(version ?? "") });
}

function loadActions(folder: string, ref: string, actions: Map<string, ActionSpec>, packs: Packs): void {
  const from = new Map<string, string>();
  const place = join(folder, "actions");
  const names = existsSync(place) ? readdirSync(place).sort() : [];
  for (const file of names.filter((name) => /\.ya?ml$/.test(name))) {
    attempt(packs, () => {
      const path = join(place, file);
      const action = readAction(folder, path, ref);
      const too_large = oversize(action);
      if (too_large !== undefined) throw new Error(`${path}:1: ${too_large}`);
      const { name } = action;
      const earlier = from.get(name);
      if (earlier) throw new Error(`${path}:1: name: ${earlier} also has the action ${name}`);
      from.set(name, file);
      for (const warning of [...unreadDefaults(action), ...brokenTemplates(action)])
        packs.notices.push(`${path}: ${warning}`);
      actions.set(name, { ...action, metadata_file: `actions/${file}` });
    });
  }
}

/** The form of a pack's reference in StackStorm. If the pack's name does not have it, the folder's name counts. */
const REF = /^[a-z0-9_]+$/;

const PackFile = v.looseObject({
  name: v.string(),
  ref: v.nullish(v.string()),
  version: v.nullish(v.union([v.string(), v.number()])),
});

/** Adds the pack's folder to the text of an `OutsideError`, which has a path within the pack. */
function within<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    if (error instanceof OutsideError) throw new Error(`${folder}: ${error.message}`);
    throw error;
  }
}

function attempt<T>(packs: Packs, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    // A message may quote the file, including line ends.
    packs.problems.push(oneLine(messageOf(error)));
    return undefined;
  }
}
