import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** One import of a file: a path from the root for a file of ours, the package's name for another. */
export interface Import {
  to: string;
  /** Only types: nothing is loaded when the program runs. */
  is_type: boolean;
}

const IMPORT =
  /^(?:import|export)\s+(type\s)?(?:[^"';]*?\sfrom\s+)?"([^"]+)"|(?<![.\w])import\(\s*"([^"]+)"\s*\)/gm;

/** The TypeScript files below folders, as paths from the root, without declaration files. */
export function filesIn(...folders: string[]): string[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.{ts,tsx}`, { cwd: ROOT }))
    .filter((file) => !file.endsWith(".d.ts") && !file.includes("/dist/") && !file.includes("node_modules/"))
    .sort();
}

/** The lines of a file. */
export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), "utf8");
}

export function importsOf(file: string): Import[] {
  return [...textOf(file).matchAll(IMPORT)].map(([, type, fixed, lazy]) => ({
    to: resolved(file, fixed ?? lazy ?? ""),
    is_type: type !== undefined,
  }));
}

function resolved(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const path = relative(ROOT, join(ROOT, dirname(from), specifier.replace(/\?.*$/, "")));
  if (!existsSync(join(ROOT, path))) throw new Error(`${from} imports ${specifier}, which is not there`);
  return path;
}

/** Groups of nodes in which each node reaches all others. A graph without circles has none. */
export function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const reached = new Map([...graph.keys()].map((node) => [node, reachable(graph, node)]));
  const circles = new Map<string, string[]>();
  for (const node of graph.keys()) {
    const circle = [...(reached.get(node) ?? [])].filter((other) => reached.get(other)?.has(node)).sort();
    if (reached.get(node)?.has(node)) circles.set(circle.join(" "), circle);
  }
  return [...circles.values()];
}

/** The nodes at the end of one or more arrows. */
function reachable(graph: ReadonlyMap<string, ReadonlySet<string>>, from: string): Set<string> {
  const found = new Set<string>();
  const open = [...(graph.get(from) ?? [])];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    open.push(...(graph.get(node) ?? []));
  }
  return found;
}
