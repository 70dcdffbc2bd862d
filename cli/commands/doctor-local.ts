import { existsSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import { TailraceError } from "../../protocol/base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import type { Config } from "../settings/config.ts";
import { clientFor } from "../settings/connect.ts";
import type { Finding } from "./finding.ts";

/** The free part of a disk below which it is nearly full. */
const FREE_PART_MIN = 0.05;

/** Bits of a file's mode by which other users read it. */
const OTHERS_READ = 0o044;

/** The state folder of a local server. */
export interface LocalState {
  folder: string;
  /** Whether a flag or a variable names it. Else it is the usual one, which a host without a server does not have. */
  is_named: boolean;
}

/** The state folder of a local server: its disk, and the files beside its data. */
export async function checkLocal(
  { url, key_file }: Config & { key_file?: string | undefined },
  { folder: state, is_named }: LocalState,
): Promise<Finding[]> {
  const open = [join(state, "env"), join(state, "secrets.json"), key_file ?? ""].filter(isOpen);
  const modes = open.map((file) => ({
    check: "files",
    ok: false,
    text: `other users of this host can read the key in ${file}`,
    advice: `chmod 600 ${file}; then make a new key, if others have had the time to read it.`,
  }));
  if (!existsSync(state)) return is_named ? [...modes, missingFinding(state)] : modes;
  return [
    ...modes,
    ...diskFinding(state),
    ...(await agentKeyFinding(url, state)),
    ...(await indexFinding(state)),
  ];
}

function missingFinding(state: string): Finding {
  const advice = "Name the folder of the running server: --state DIR, or TAILRACE_SERVER_STATE.";
  return { check: "files", ok: false, text: `there is no state folder ${state}`, advice };
}

function isOpen(file: string): boolean {
  const found = statSync(file, { throwIfNoEntry: false });
  return found?.isFile() === true && (found.mode & OTHERS_READ) !== 0;
}

function diskFinding(state: string): Finding[] {
  const { bavail, blocks, bsize } = statfsSync(state);
  if (bavail / blocks >= FREE_PART_MIN) return [];
  const text = `the disk of ${state} is nearly full: ${Math.floor((bavail * bsize) / 1e6)} MB are free`;
  return [
    {
      check: "disk",
      ok: false,
      text,
      advice: "Make room. Shorter retention (docs/retention.md) deletes old output.",
    },
  ];
}

/** The key with which the local agent registers: a server on a new index does not know it. */
async function agentKeyFinding(url: string, state: string): Promise<Finding[]> {
  const file = join(state, "agent.key");
  const key = readOptional(file)?.trim();
  // Only the server that was started here has given this key.
  if (!key || !readOptional(join(state, "env"))?.includes(`'${url}'`)) return [];
  try {
    await clientFor({ url, key }).user();
    return [];
  } catch (error) {
    if (!(error instanceof TailraceError) || error.code !== "unauthorized") return [];
    const text = `the server does not know the key in ${file}, with which the local agent registers`;
    return [{ check: "files", ok: false, text, advice: "Start the server again: it makes a new one." }];
  }
}

/** An index without executions beside objects that have some: its database was lost. */
async function indexFinding(state: string): Promise<Finding[]> {
  // Loaded here, because only the host of a server has a state folder.
  const { lacksIndex } = await import("../local/lost-index.ts");
  if (!(await lacksIndex(state))) return [];
  const text = `the index of ${state} has no executions, and the state folder has some`;
  return [{ check: "index", ok: false, text, advice: `tailrace index rebuild --state ${state}` }];
}
