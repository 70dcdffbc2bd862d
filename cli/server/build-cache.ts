import { createHash } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { build } from "esbuild";
import { cacheFolder } from "../base/cache-folder.ts";
import { ROOT } from "../base/root.ts";
import { noteUse, removeUnused } from "../base/unused-files.ts";
import { COMMENT, textOf } from "./kept-text.ts";

/** Files that the bundler consults in the folder of each input and in those above it. */
const SETTINGS = ["package.json", "tsconfig.json", "tsconfig.base.json"];

/** The list of the installed packages, which npm writes anew with each change, and the bundler's version. */
const PACKAGES = ["node_modules/.package-lock.json", "node_modules/esbuild/package.json"];

/** An input that changed this short a time before a build began counts as changed during it: clocks of files are coarse. */
const CLOCK_MS_MAX = 100;

/** A build: what it has made, and the files that it has read, named from the checkout. */
export interface Build {
  text: string;
  inputs: readonly string[];
}

/** A text that was built, and the file in which it is kept behind a first line; undefined if it is not kept. */
export interface Built {
  text: string;
  file: string | undefined;
}

/** The first line of a kept build. */
interface Head {
  inputs: string[];
  inputs_hash: string;
  text_hash: string;
}

/**
 * Makes a text, or takes the one that an earlier build has made of the same files: a build takes half of a server's start.
 * A text is kept in the user's own cache with a hash of all that it was made of. Without a place for it, each start builds.
 */
export async function buildOnce(name: string, build: () => Promise<Build>): Promise<Built> {
  const folder = cacheFolder("built");
  if (folder === undefined) return { text: (await build()).text, file: undefined };
  const file = join(folder, `${name}-${hashOf([ROOT]).slice(0, 16)}.mjs`);
  const kept = readKept(file);
  if (kept !== undefined) {
    noteUse(file);
    return { text: kept, file };
  }
  removeUnused(folder);
  const begun_ms = Date.now();
  const made = await build();
  const is_kept = keep(file, made, begun_ms - CLOCK_MS_MAX);
  return { text: made.text, file: is_kept ? file : undefined };
}

let uses = 0;

/** Loads the bundler for a build. Its own process ends with the last of the builds that run at the same time. */
export async function withBundler<T>(use: (run: typeof build) => Promise<T>): Promise<T> {
  const bundler = await import("esbuild");
  uses++;
  try {
    return await use(bundler.build);
  } finally {
    if (--uses === 0) await bundler.stop();
  }
}

/** The kept text, where all that it was made of is as it was. */
function readKept(file: string): string | undefined {
  try {
    const kept = readFileSync(file, "utf8");
    const text = textOf(kept);
    const head = JSON.parse(kept.slice(COMMENT.length, kept.indexOf("\n"))) as Head;
    return head.text_hash === hashOf([text]) && head.inputs_hash === inputsHash(head.inputs)
      ? text
      : undefined;
  } catch {
    // There is none, or it was cut short, or it is another user's: a start with `sudo` may have written it.
    return undefined;
  }
}

/** Whether the text is kept. */
function keep(file: string, { text, inputs }: Build, before_ms: number): boolean {
  const part = `${file}.${process.pid}.part`;
  try {
    // The bundler may have read an input before it changed, and the hash is of the changed one.
    if (inputs.some((input) => statSync(join(ROOT, input)).ctimeMs >= before_ms)) return false;
    const head: Head = { inputs: [...inputs], inputs_hash: inputsHash(inputs), text_hash: hashOf([text]) };
    writeFileSync(part, `${COMMENT}${JSON.stringify(head)}\n${text}`, { mode: 0o600 });
    renameSync(part, file);
    return true;
  } catch {
    // The disk is full, or an input is gone: the next start builds again.
    rmSync(part, { force: true });
    return false;
  }
}

/** A hash of the packages, of the inputs and of the settings around them. A file that is absent counts as such. */
function inputsHash(inputs: readonly string[]): string {
  const folders = new Set(inputs.flatMap(foldersOf));
  const settings = [...folders].flatMap((folder) => SETTINGS.map((name) => join(folder, name)));
  const files = [...PACKAGES, ...settings, ...inputs];
  return hashOf([...files.flatMap((file) => [file, contentOf(file)])]);
}

/** The folders of a file, up to the checkout. */
function foldersOf(file: string): string[] {
  const folder = dirname(file);
  return folder === "." ? [folder] : [folder, ...foldersOf(folder)];
}

function contentOf(file: string): Uint8Array | string {
  try {
    return readFileSync(join(ROOT, file));
  } catch {
    return "absent";
  }
}

/** A hash of several texts, each with its length before it: no two lists make the same bytes. */
function hashOf(parts: readonly (Uint8Array | string)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    hash.update(`${bytes.length}:`).update(bytes);
  }
  return hash.digest("hex");
}
