import { filesIn, importsOf } from "../architecture/imports.ts";

/** A package's name, and a path within it: our own files have an extension, and what a runtime provides has a colon. */
const PACKAGE = /^(?!vitest$)[^.:]+$/;

/** The packages that the Worker and its tests load. */
export function workerPackages(): string[] {
  const files = filesIn("src", "protocol", "test/src", "test/boundaries");
  const loaded = files.flatMap((file) => importsOf(file).flatMap(({ to, is_type }) => (is_type ? [] : to)));
  return [...new Set(loaded.filter((to) => PACKAGE.test(to)))].sort();
}
