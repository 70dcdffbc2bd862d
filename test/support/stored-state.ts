import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Execution } from "../../protocol/model/execution.ts";
import { ROOT, scratch } from "./world.ts";

const FIXTURES = join(ROOT, "test/fixtures");

/** A release's notes on its stored state: see `test/fixtures/README.md`. */
export interface StoredState {
  release: string;
  /** Secret texts that are somewhere in the state. */
  secrets: Record<string, string>;
  /** The password of the user `ann`. */
  password: string;
  keys: { admin: string; user: string; disabled: string };
  /** Ids by the role of the execution in the example. */
  executions: Record<string, string>;
  /** The lease of the execution that is called `running`. */
  lease: { execution_id: string; epoch: number; agent_id: string; pool: string };
  read: {
    as: string | null;
    id: string;
    document: Omit<Execution, "runner">;
    open: Pick<Execution, "parameters" | "result">;
    output: { status: number; bytes: number; sha256: string };
  }[];
}

/** Every release with a stored state here. */
export const RELEASES = readdirSync(FIXTURES)
  .filter((name) => name.startsWith("state-"))
  .map((name) => name.slice("state-".length));

/** A copy of the state of a release, and the expected values. */
export function copyState(release: string): { state: string; stored: StoredState } {
  const fixture = join(FIXTURES, `state-${release}`);
  const folder = scratch();
  execFileSync("tar", ["-xzf", join(fixture, "state.tar.gz"), "-C", folder]);
  const stored: StoredState = JSON.parse(readFileSync(join(fixture, "expected.json"), "utf8"));
  return { state: join(folder, "state"), stored };
}
