import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Release } from "./step.ts";

/** Writes `SHA256SUMS` of the released files, as `sha256sum --check` reads it. */
export async function writeChecksums({ dist }: Release): Promise<void> {
  const files = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isFile());
  const lines = files.map(({ name }) => `${sha256(join(dist, name))}  ${name}\n`);
  writeFileSync(join(dist, "SHA256SUMS"), lines.sort(byName).join(""));
}

function sha256(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

const NAME_AT = 66;

function byName(a: string, b: string): number {
  return a.slice(NAME_AT) < b.slice(NAME_AT) ? -1 : 1;
}
