import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import type { LoadedPack } from "../packs/load.ts";

/** The Python that runs a pack's actions, and the virtualenv that it is of, if it is. */
export interface Interpreter {
  file: string;
  virtualenv: string | undefined;
}

/**
 * The Python of a pack: of the virtualenv that `tailrace pack install` made in it, or of the one that StackStorm keeps for
 * it beside the packs; else the host's. A virtualenv without one is not passed over: the action would miss its libraries.
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
    `The virtualenv ${virtualenv} of the pack "${ref}" has no interpreter (not found: ${file}): make it anew.`,
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
