/** A package's folder in the path of a file: the innermost, as packages may have packages of their own. */
const FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/;

/** The folders of the packages that files belong to, in order. */
export function packagesOf(files: readonly string[]): string[] {
  return [...new Set(files.flatMap((file) => FOLDER.exec(file)?.[0] ?? []))].sort();
}
