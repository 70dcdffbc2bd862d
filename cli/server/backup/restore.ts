import { existsSync, readdirSync, renameSync, rmSync } from "node:fs";
import { CliError } from "../../base/errors.ts";
import { makeFolder } from "../../base/make-folder.ts";
import { copySync } from "./files.ts";
import { checkedManifest, type Manifest } from "./manifest.ts";

/** Makes a state folder of a backup: whole or not at all. The folder must be empty or missing. */
export async function restore(backup: string, state: string): Promise<Manifest> {
  if (existsSync(state) && readdirSync(state).length > 0)
    throw new CliError(
      `The state folder ${state} is not empty. Move it away first, or choose another folder: --state DIR.`,
    );
  const manifest = await checkedManifest(backup);
  const part = `${state}.part-${process.pid}`;
  makeFolder(part);
  try {
    for (const name of Object.keys(manifest.files)) copySync(backup, part, name);
    renameSync(part, state);
  } catch (error) {
    rmSync(part, { recursive: true, force: true });
    throw error;
  }
  return manifest;
}
