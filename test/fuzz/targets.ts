import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Target } from "./target.ts";

/** The folders of targets. Those of the Worker's code are type-checked with its types. */
const FOLDERS = [join(import.meta.dirname, "targets"), join(import.meta.dirname, "targets/worker")];

const CORPUS = join(import.meta.dirname, "corpus");

/** The names of all targets. */
export function targetNames(): string[] {
  const files = FOLDERS.flatMap((folder) => readdirSync(folder));
  return files
    .filter((file) => file.endsWith(".ts"))
    .map((file) => basename(file, ".ts"))
    .sort();
}

/** A target by its name. */
export async function loadTarget(name: string): Promise<Target> {
  const folder = FOLDERS.find((one) => readdirSync(one).includes(`${name}.ts`));
  if (folder === undefined) throw new Error(`There is no target "${name}".`);
  const file = pathToFileURL(join(folder, `${name}.ts`)).href;
  const module: { target: Target } = await import(/* @vite-ignore */ file);
  return module.target;
}

/** The folder of a target's inputs that failed once. */
export function corpusFolder(name: string): string {
  return join(CORPUS, name);
}

/** An input in its file: a text, or a long one as repeated texts. */
type Kept = string | [text: string, times: number][];

/** Inputs that failed once, by the names of their files. */
export function corpusOf(name: string): Map<string, string> {
  const files = readdirSync(CORPUS).includes(name) ? readdirSync(corpusFolder(name)).sort() : [];
  return new Map(files.map((file) => [file, inputIn(join(corpusFolder(name), file))]));
}

function inputIn(file: string): string {
  const kept: Kept = JSON.parse(readFileSync(file, "utf8"));
  return typeof kept === "string" ? kept : kept.map(([text, times]) => text.repeat(times)).join("");
}
