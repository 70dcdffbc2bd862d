import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { scratch } from "./world.ts";

/** Writes files below a new folder. Returns the folder. Shell scripts can be run. */
export function tree(files: Record<string, string>): string {
  const root = scratch();
  for (const [name, text] of Object.entries(files)) {
    const path = join(root, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    if (name.endsWith(".sh")) chmodSync(path, 0o755);
  }
  return root;
}
