import { createHash } from "node:crypto";
import { createReadStream, readFileSync } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import * as v from "valibot";
import { CliError } from "../../base/errors.ts";
import { filesOf } from "./files.ts";

/** The file that makes a backup complete: it lists all others. */
export const MANIFEST = "backup.json";

const Manifest = v.object({
  made: v.string(),
  files: v.record(v.string(), v.object({ bytes: v.number(), sha256: v.string() })),
});
export type Manifest = v.InferOutput<typeof Manifest>;

/** Reads each file of a backup once: its manifest. */
export async function sealed(folder: string): Promise<Manifest> {
  const files: Manifest["files"] = {};
  for (const [name, { size }] of [...filesOf(folder)].sort()) {
    files[name] = { bytes: Number(size), sha256: await hashOf(join(folder, name)) };
  }
  return { made: new Date().toISOString(), files };
}

/** The manifest of a backup. Throws if a file is missing or was changed. */
export async function checkedManifest(folder: string): Promise<Manifest> {
  const manifest = readManifest(folder);
  const found = await sealed(folder);
  for (const [name, { sha256 }] of Object.entries(manifest.files))
    if (found.files[name]?.sha256 !== sha256)
      throw new CliError(
        `The backup ${folder} is damaged: ${name} is missing or was changed. Use another backup.`,
      );
  return manifest;
}

function readManifest(folder: string): Manifest {
  try {
    return v.parse(Manifest, JSON.parse(readFileSync(join(folder, MANIFEST), "utf8")));
  } catch {
    throw new CliError(
      `${folder} is not a complete backup: it has no readable ${MANIFEST}. Name the folder that \`tailrace backup\` has written.`,
    );
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
