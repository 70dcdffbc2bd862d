import { filesIn, importsOf } from "../architecture/imports.ts";
import { LONGEST } from "./longest.ts";

/** A module of another process, a socket, a browser or an engine. */
const OUTSIDE =
  /^(node:(child_process|cluster|dgram|dns|http|https|net|tls|worker_threads)$|cloudflare:.*|esbuild$|miniflare$|playwright-core$|undici$|wrangler$|ws$)/;

/** The tests of pure leaves, except the longest: nothing that they load reaches a process, a socket, a browser or an engine. */
export function unitTests(): string[] {
  // The Worker's tests run in the engine in any case.
  const tests = filesIn("test").filter((file) =>
    /^test\/(?!src\/|boundaries\/|relays\/).*\.test\.ts$/.test(file),
  );
  return tests.filter((file) => !LONGEST.includes(file) && isPure(file, new Set()));
}

function isPure(file: string, seen: Set<string>): boolean {
  if (seen.has(file)) return true;
  seen.add(file);
  return importsOf(file).every(
    ({ to, is_type }) => is_type || (!OUTSIDE.test(to) && (!to.endsWith(".ts") || isPure(to, seen))),
  );
}
