import { existsSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { CliError } from "../../base/errors.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { copySync, isEmpty, syncFiles } from "./files.ts";
import { checkedManifest, type Manifest } from "./manifest.ts";

/** Makes a state folder of a backup: whole or not at all. The folder must be empty or missing. */
export async function restore(backup: string, state: string): Promise<Manifest> {
  const target = resolve(state);
  const is_new = !existsSync(target);
  if (!is_new) checkEmpty(state);
  const manifest = await checkedManifest(backup);
  // An existing folder may be where a disk is mounted, and cannot be replaced: its content is moved in.
  const part = `${is_new ? target : join(target, "restored")}.part-${process.pid}`;
  makeFolder(part);
  try {
    for (const name of Object.keys(manifest.files)) copySync(backup, part, name);
    await syncFiles(part, Object.keys(manifest.files));
    if (is_new) renameSync(part, target);
    else moveContent(part, target);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
  return manifest;
}

function checkEmpty(state: string): void {
  makeFolder(state);
  if (!isEmpty(state))
    throw new CliError(
      `The state folder ${state} is not empty. Move it away first, or choose another folder: --state DIR.`,
    );
}

/** The secrets come first: a server that found the databases without them would make new ones, which open nothing. */
function moveContent(from: string, to: string): void {
  const names = readdirSync(from).sort((one, other) => Number(other === FIRST) - Number(one === FIRST));
  for (const name of names) renameSync(join(from, name), join(to, name));
  rmdirSync(from);
}

const FIRST = "secrets.json";
