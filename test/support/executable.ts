import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { lockState } from "../../cli/server/lock.ts";
import { VERSION } from "../../protocol/base/version.ts";
import { hostArchitecture } from "../../release/executable/node.ts";
import { executableName, licencesName, makeBlob, makeExecutables } from "../../release/executable.ts";
import { ROOT, scratch, until } from "./scratch.ts";

/** Executables of earlier test runs. To put a program into a Node takes ten seconds. */
const CACHE = join(ROOT, "node_modules/.cache/released-executables");

/** Another test file may be making it. */
const MAKING_MS_MAX = 120_000;

/** What the release's step has made for this host. */
export interface BuiltExecutable {
  file: string;
  licences: string;
  /** What Node reads from the file, made anew. */
  blob: string;
  /** The folders of the packages in it. */
  packages: string[];
}

/** The agent as one executable file, made of the present sources, or kept from an earlier run or another test file with the same. */
export async function builtExecutable(): Promise<BuiltExecutable> {
  const { blob, packages } = await makeBlob(scratch());
  const hash = createHash("sha256").update(process.version).update(readFileSync(blob)).digest("hex");
  const folder = join(CACHE, hash);
  const lock = await until("no other test makes it", () => lockState(CACHE).catch(() => null), MAKING_MS_MAX);
  try {
    if (!existsSync(folder)) await make(folder);
  } finally {
    lock.release();
  }
  return {
    file: join(folder, executableName(VERSION, hostArchitecture())),
    licences: join(folder, licencesName(VERSION)),
    blob,
    packages,
  };
}

async function make(folder: string): Promise<void> {
  // A running program keeps its file.
  for (const name of readdirSync(CACHE)) rmSync(join(CACHE, name), { recursive: true, force: true });
  const part = `${folder}.part`;
  mkdirSync(part);
  const release = { version: VERSION, dist: part, work: scratch(), epoch_s: 0, bundled: new Set<string>() };
  await makeExecutables(release, [hostArchitecture()]);
  renameSync(part, folder);
}
