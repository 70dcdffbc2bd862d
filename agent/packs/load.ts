import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import * as v from "valibot";
import { parse, YAMLParseError } from "yaml";
import { ActionSpec } from "../../protocol/action.ts";
import { issueText } from "../../protocol/batch.ts";

/** The actions of pack folders, and where the script of each is. */
export interface Packs {
  actions: ActionSpec[];
  /** By reference, `pack.name`. */
  scripts: Map<string, string>;
  /** What could not be loaded, by path, line and reason. The rest is. */
  problems: string[];
}

/** Loads pack folders in StackStorm's layout: `pack.yaml` and `actions/*.yaml`, with the scripts beside them. */
export function loadPacks(folders: string[]): Packs {
  const packs: Packs = { actions: [], scripts: new Map(), problems: [] };
  for (const folder of folders) loadPack(folder, packs);
  return packs;
}

function loadPack(folder: string, packs: Packs): void {
  const pack = attempt(packs, () => read(join(folder, "pack.yaml"), PackFile));
  const files = attempt(packs, () =>
    readdirSync(join(folder, "actions")).filter((name) => /\.ya?ml$/.test(name)),
  );
  for (const file of files?.sort() ?? []) {
    const path = join(folder, "actions", file);
    const spec = attempt(packs, () => read(path, ActionFile));
    if (!spec) continue;
    const action = { ...spec, pack: pack?.ref ?? pack?.name ?? basename(folder) };
    packs.actions.push(action);
    if (action.entry_point)
      packs.scripts.set(`${action.pack}.${action.name}`, join(folder, "actions", action.entry_point));
  }
}

const PackFile = v.object({ name: v.string(), ref: v.optional(v.string()) });
const { pack: _, ...actionEntries } = ActionSpec.entries;
const ActionFile = v.object(actionEntries);

function read<T>(path: string, schema: v.GenericSchema<unknown, T>): T {
  let value: unknown;
  try {
    value = parse(readFileSync(path, "utf8"));
  } catch (error) {
    const line = error instanceof YAMLParseError ? `:${error.linePos?.[0].line ?? 1}` : "";
    throw new Error(
      `${path}${line}: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
  }
  const parsed = v.safeParse(schema, value);
  if (!parsed.success) throw new Error(`${path}: ${issueText(parsed.issues[0])}`);
  return parsed.output;
}

function attempt<T>(packs: Packs, act: () => T): T | undefined {
  try {
    return act();
  } catch (error) {
    packs.problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
