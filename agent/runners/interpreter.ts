import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { LoadedPack } from "../packs/load.ts";

/** The Python that runs a pack's actions, and its virtualenv, if it has one. */
export interface Interpreter {
  file: string;
  virtualenv: string | undefined;
  /** The environment that all packs share, if there is one. */
  shared: string | undefined;
}

/** The file that `tailrace pack setup` leaves in an environment once it has everything. */
const COMPLETE = "tailrace-complete";

/**
 * The Python of a pack: from the virtualenv that `tailrace pack install` made in it, or from StackStorm's beside the packs; else
 * from the environment that all packs share, else the host's. A virtualenv without an interpreter is an error: with another Python,
 * the action would lack its libraries.
 */
export function interpreterOf(
  { folder, ref }: Pick<LoadedPack, "folder" | "ref">,
  shared_place: string,
  path = process.env.PATH ?? "",
): Interpreter {
  const shared = existsSync(join(shared_place, COMPLETE)) ? shared_place : undefined;
  const own = [join(folder, ".venv"), join(dirname(dirname(folder)), "virtualenvs", ref)].find((place) =>
    existsSync(place),
  );
  const virtualenv = own ?? shared;
  if (virtualenv === undefined) return { file: hostPython(ref, path), virtualenv, shared };
  const file = join(virtualenv, "bin", "python");
  if (existsSync(file)) return { file, virtualenv, shared };
  throw new Error(
    own === undefined
      ? `The shared environment ${virtualenv} has no interpreter (not found: ${file}): run tailrace pack setup again.`
      : `The virtualenv ${virtualenv} of the pack "${ref}" has no interpreter (not found: ${file}): make it again.`,
  );
}

function hostPython(ref: string, path: string): string {
  const places = path.split(delimiter).map((folder) => join(folder, "python3"));
  const file = places.find((place) => existsSync(place));
  if (file !== undefined) return file;
  throw new Error(
    `There is no python3 on the PATH of the agent, and the pack "${ref}" has no virtualenv: install Python 3.8 or later.`,
  );
}
