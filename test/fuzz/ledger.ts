import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { corpusFolder } from "./targets.ts";

const ROOT = join(import.meta.dirname, "../..");
/** The record of earlier runs; git ignores it. */
const FOLDER = join(ROOT, ".fuzz");

/** The results of all runs of one target. */
export interface Account {
  inputs: number;
  seconds: number;
  runs: number;
  failures: number;
  /** Characters of the parsers' code that were reached. */
  reached: number;
  kept: readonly string[];
}

/** A target's record so far. */
export function accountOf(name: string): Account {
  try {
    return JSON.parse(readFileSync(fileOf(name), "utf8"));
  } catch {
    return { inputs: 0, seconds: 0, runs: 0, failures: 0, reached: 0, kept: [] };
  }
}

export function keepAccount(name: string, account: Account): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(`${fileOf(name)}.new`, JSON.stringify(account));
  renameSync(`${fileOf(name)}.new`, fileOf(name));
}

/** Puts a failed input into the corpus. Returns the name of its file. */
export function keepFailed(name: string, input: string): string {
  const file = `${createHash("sha256").update(input, "utf16le").digest("hex").slice(0, 12)}.json`;
  mkdirSync(corpusFolder(name), { recursive: true });
  writeFileSync(join(corpusFolder(name), file), `${asciiJson(input)}\n`);
  return file;
}

/** JSON of ASCII only, as failed inputs have many characters that editors do not show. */
function asciiJson(text: string): string {
  return JSON.stringify(text).replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function fileOf(name: string): string {
  return join(FOLDER, `${name}.json`);
}
