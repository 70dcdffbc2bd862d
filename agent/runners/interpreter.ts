import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { LoadedPack } from "../packs/load.ts";

/** The Python that runs a pack's actions, and its virtualenv, if it has one. */
export interface Interpreter {
  file: string;
  virtualenv: string | undefined;
}

/**
 * The Python of a pack: from the virtualenv that `tailrace pack install` made in it, or from StackStorm's beside the packs; else the
 * host's. A virtualenv without an interpreter is an error: with the host's Python, the action would lack its libraries.
 */
export function interpreterOf(
  { folder, ref }: Pick<LoadedPack, "folder" | "ref">,
  path = process.env.PATH ?? "",
): Interpreter {
  const virtualenv = [join(folder, ".venv"), join(dirname(dirname(folder)), "virtualenvs", ref)].find(
    (place) => existsSync(place),
  );
  if (virtualenv === undefined) return { file: hostPython(ref, path), virtualenv };
  const file = join(virtualenv, "bin", "python");
  if (existsSync(file)) return { file, virtualenv };
  throw new Error(
    `The virtualenv ${virtualenv} of the pack "${ref}" has no interpreter (not found: ${file}): make it again.`,
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
