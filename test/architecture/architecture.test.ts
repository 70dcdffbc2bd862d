import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { circlesOf, filesIn, importsOf, textOf } from "./imports.ts";
import { isUpward, LAYERS } from "./layers.ts";

const LINES_MAX = 250;
const MEDIAN_LINES_MAX = 80;
const EXECUTION_ENTRIES_MAX = 8;
/** The agent's side of a handover: the only decisions outside a folder `decide/`. */
const AGENT_DECIDES = "agent/handover.ts";

const files = filesIn("src", "agent", "protocol", "cli", "web", "release");
const own = new Set(files);
const arrows = new Map(
  files.map((file) => [file, new Set(importsOf(file).flatMap(({ to }) => (own.has(to) ? [to] : [])))]),
);

describe("the architecture", () => {
  it("has no circle of files", () => {
    expect(circlesOf(arrows)).toEqual([]);
  });

  it("has no circle of folders", () => {
    const folders = new Map<string, Set<string>>();
    for (const [file, targets] of arrows)
      for (const to of targets) {
        const [from, target] = [dirname(file), dirname(to)];
        if (from !== target) folders.set(from, (folders.get(from) ?? new Set()).add(target));
      }
    for (const target of [...folders.values()].flatMap((targets) => [...targets]))
      if (!folders.has(target)) folders.set(target, new Set());
    expect(circlesOf(folders)).toEqual([]);
  });

  it.each(Object.keys(LAYERS))("has no upward arrow between the layers of %s", (runtime) => {
    const upward = [...arrows].flatMap(([file, targets]) =>
      [...targets].filter((to) => isUpward(runtime, file, to)).map((to) => `${file} -> ${to}`),
    );
    expect(upward).toEqual([]);
  });

  it("has runtimes that import only themselves and protocol, and a release that also imports the builds of the command line", () => {
    const across = [...arrows].flatMap(([file, targets]) =>
      [...targets]
        .filter((to) => ![runtimeOf(file), "protocol"].includes(runtimeOf(to)))
        .filter((to) => !(runtimeOf(file) === "release" && /^cli\/(base|local|server)\//.test(to)))
        .map((to) => `${file} -> ${to}`),
    );
    expect(across).toEqual([]);
  });

  it(`has no file over ${LINES_MAX} lines, and a median under ${MEDIAN_LINES_MAX}`, () => {
    const lengths = files.map((file) => textOf(file).split("\n").length - 1);
    expect(files.filter((_, at) => (lengths[at] ?? 0) > LINES_MAX)).toEqual([]);
    const sorted = lengths.sort((a, b) => a - b);
    expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(MEDIAN_LINES_MAX);
  });

  it(`has at most ${EXECUTION_ENTRIES_MAX} entries in the top folder of an execution`, () => {
    const below = files.filter((file) => file.startsWith("src/execution/"));
    const entries = new Set(below.map((file) => file.split("/")[2]));
    expect(entries.size).toBeGreaterThan(0);
    expect([...entries].slice(EXECUTION_ENTRIES_MAX)).toEqual([]);
  });

  it("decides without waiting, a clock or any other outside call", () => {
    const deciding = files.filter((file) => file.includes("/decide/") || file === AGENT_DECIDES);
    expect(deciding).toContain(AGENT_DECIDES);
    const forbidden = /\b(await|async|Date\.now|new Date|performance|setTimeout|fetch\(|crypto|Promise)\b/;
    expect(deciding.filter((file) => forbidden.test(withoutComments(textOf(file))))).toEqual([]);
    const outside = deciding.flatMap((file) =>
      importsOf(file)
        .filter(({ to, is_type }) => !is_type && /^(node:|cloudflare:)/.test(to))
        .map(({ to }) => `${file} -> ${to}`),
    );
    expect(outside).toEqual([]);
  });
});

function runtimeOf(file: string): string {
  return file.slice(0, file.indexOf("/"));
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
}
