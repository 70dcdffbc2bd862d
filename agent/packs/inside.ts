import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";

/** Files and folders of a pack that are checked for links. */
const ENTRIES_MAX = 100_000;

/** A path that leads out of its pack. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
}

/**
 * The real path of a file that a pack's metadata names by its path within the pack. If the file does not exist, its path. Throws if
 * it leads out of the pack: by an absolute path, by `..`, or by a link.
 */
export function insidePack(folder: string, name: string): string {
  if (isAbsolute(name))
    throw new OutsideError(`${name} is an absolute path; a pack may only name files in itself`);
  const path = join(folder, name);
  if (isOutside(folder, path)) throw new OutsideError(`${name} leads out of the pack`);
  if (!existsSync(path)) return path;
  const real = realpathSync(path);
  if (isOutside(realpathSync(folder), real))
    throw new OutsideError(`${name} is a link that leads out of the pack`);
  return real;
}

/** Refuses links out of the pack anywhere in the given folders, whose files are run or imported. */
export function refuseLinksOut(folder: string, names: readonly string[]): void {
  let entries = 0;
  const real = realpathSync(folder);
  const seen = new Set<string>();
  const waiting = names.filter((name) => existsSync(join(folder, name)));
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const place = insidePack(folder, name);
    if (seen.has(place)) continue;
    seen.add(place);
    for (const entry of readdirSync(place, { withFileTypes: true })) {
      if (++entries > ENTRIES_MAX)
        throw new OutsideError(`${name}: the pack has more than ${ENTRIES_MAX} files`);
      const inner = join(name, entry.name);
      if (entry.isSymbolicLink()) {
        const target = linkTarget(folder, inner);
        if (statSync(target).isDirectory()) waiting.push(relative(real, target));
      } else if (entry.isDirectory()) waiting.push(inner);
    }
  }
}

/** The target of a link. Throws for a link to nothing, because its target may exist later. */
function linkTarget(folder: string, name: string): string {
  if (!existsSync(join(folder, name)))
    throw new OutsideError(`${name} is a link to a file that does not exist`);
  return insidePack(folder, name);
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}
