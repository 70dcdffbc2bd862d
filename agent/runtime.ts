import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A private folder for what lives as long as the agent's process: sockets, whose paths must be short, and what a run needs
 * on disk for a moment. What a process that was killed has left is removed first.
 */
export function openRuntime(state: string): { folder: string; remove: () => void } {
  const note = join(state, "runtime");
  const left = readNote(note);
  if (left !== undefined) rmSync(left, { recursive: true, force: true });
  const folder = mkdtempSync(join(tmpdir(), PREFIX));
  writeFileSync(note, folder, { mode: 0o600 });
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

const PREFIX = "tailrace-";

/** Only a folder that we can have made is ever removed. */
function readNote(path: string): string | undefined {
  try {
    const folder = readFileSync(path, "utf8");
    return folder.startsWith(join(tmpdir(), PREFIX)) ? folder : undefined;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
