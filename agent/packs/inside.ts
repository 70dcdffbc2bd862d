import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { isAbsolute, join, relative, sep } from "node:path";

/** Files and folders of a pack that are looked at for links. */
const ENTRIES_MAX = 100_000;

/** What a pack names and may not, as it leads out of the pack. */
export class OutsideError extends Error {
  override readonly name = "OutsideError";
}

/**
 * The real path of what a pack's metadata names, by its path within the pack; of what is not there, the path where it would
 * be. Throws where that leads out of the pack: by an absolute path, by `..`, or by a link.
 */
export function insidePack(folder: string, name: string): string {
  if (isAbsolute(name)) throw new OutsideError(`${name} is an absolute path, which no pack may name`);
  const path = join(folder, name);
  if (isOutside(folder, path)) throw new OutsideError(`${name} leads out of the pack`);
  if (!existsSync(path)) return path;
  const real = realpathSync(path);
  if (isOutside(realpathSync(folder), real))
    throw new OutsideError(`${name} is a link that leads out of the pack`);
  return real;
}

/** Refuses a link that leads out of the pack, anywhere in these of its folders: what lies there is run or imported. */
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

/** Where a link leads within the pack. Throws for a link to nothing, which may lead to something later. */
function linkTarget(folder: string, name: string): string {
  if (!existsSync(join(folder, name))) throw new OutsideError(`${name} is a link to what is not there`);
  return insidePack(folder, name);
}

function isOutside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way);
}
