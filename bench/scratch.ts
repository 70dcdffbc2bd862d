import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];
process.once("exit", () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A folder that is deleted at the end of the benchmark. */
export function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), "tailrace-bench-"));
  folders.push(folder);
  return folder;
}
