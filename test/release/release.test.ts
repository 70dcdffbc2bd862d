import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { VERSION } from "../../protocol/base/version.ts";
import { isInChangelog } from "../../release/state.ts";
import { makeRelease } from "../support/installation.ts";
import { ROOT } from "../support/scratch.ts";

/** What a command may load to start: a tenth of a second on a calm machine. */
const COMMAND_BYTES_MAX = 1280 * 1024;

const RELEASE_MS_MAX = 120_000;
const STEPS = ["package", "sbom", "checksums", "state"];

let dist: string;
let again: string;

beforeAll(async () => {
  // Two hosts that differ, one release after the other: at the same time, they would share what the bundler keeps.
  dist = await makeRelease(STEPS);
  again = await makeRelease(STEPS, { env: { TZ: "Asia/Tokyo", LANG: "C" }, umask: "077" });
}, RELEASE_MS_MAX);

describe("a release", () => {
  it("is the same each time, byte for byte", () => {
    expect(contentsOf(again)).toEqual(contentsOf(dist));
  });

  it("has checksums that sha256sum accepts, of every file", () => {
    const files = readdirSync(dist, { withFileTypes: true }).filter((entry) => entry.isFile());
    const names = files.map(({ name }) => name).filter((name) => name !== "SHA256SUMS");
    const said = execFileSync("sha256sum", ["--check", "SHA256SUMS"], { cwd: dist, encoding: "utf8" });
    expect(said.trim().split("\n").sort()).toEqual(names.map((name) => `${name}: OK`).sort());
  });

  it("has no path of the checkout in it", () => {
    const files = readdirSync(join(dist, "package"), { recursive: true, withFileTypes: true });
    const naming = files
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => readFileSync(file, "utf8").includes(ROOT));
    expect(naming).toEqual([]);
  });

  it("lists what is bundled and what npm installs, and no tool of the checkout", () => {
    const { components } = JSON.parse(readFileSync(join(dist, `tailrace-${VERSION}.cdx.json`), "utf8"));
    const names: string[] = components.map(({ name }: { name: string }) => name);
    expect(names).toEqual(
      expect.arrayContaining(["hono", "commander", "preact", "miniflare", "workerd", "node"]),
    );
    expect(names).toContain("@cloudflare/workerd-linux-arm64");
    expect(names.filter((name) => ["esbuild", "vitest", "typescript", "wrangler"].includes(name))).toEqual(
      [],
    );
  });

  it("loads little to start a command, and nothing of the server or the bundler", () => {
    const loaded = loadedFrom(join(dist, "package/built/cli/tailrace.js"));
    expect(loaded.reduce((bytes, { text }) => bytes + text.length, 0)).toBeLessThan(COMMAND_BYTES_MAX);
    for (const { text } of loaded)
      expect(text).not.toMatch(/^\/\/ (cli\/server\/(engine|running)|node_modules\/esbuild\/)/m);
  });

  it.each([
    ["## [Unreleased]\n\nThe first version, 1.2.3, is under way.\n\n## [1.2.2] - 2026-01-01\n", false],
    ["## [Unreleased]\n\n## [1.2.3] - 2026-02-01\n", true],
  ])("adds the state of a version that the changelog has: %j", (changelog, has) => {
    expect(isInChangelog(changelog, "1.2.3")).toBe(has);
  });

  it("leaves the fixtures as they are while the version is under way", () => {
    const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
    expect(existsSync(join(ROOT, "test/fixtures", `state-${VERSION}`))).toBe(
      isInChangelog(changelog, VERSION),
    );
  });

  it("has the version of the package.json, and the engine that D1's and the cache's scripts come with", () => {
    expect(VERSION).toBe(manifest.version);
    const miniflare = JSON.parse(readFileSync(join(ROOT, "node_modules/miniflare/package.json"), "utf8"));
    expect(manifest.dependencies.workerd).toBe(miniflare.dependencies.workerd);
  });
});

/** A file, and those that it imports at once. */
function loadedFrom(entry: string): { file: string; text: string }[] {
  const loaded = new Map<string, string>();
  const open = [entry];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (loaded.has(file)) continue;
    const text = readFileSync(file, "utf8");
    loaded.set(file, text);
    for (const [, path = ""] of text.matchAll(/^(?:import |\} from )(?:[^"\n]* from )?"(\.[^"]+)";$/gm))
      open.push(join(dirname(file), path));
    // The first file loads the others by a call.
    for (const [, path = ""] of text.matchAll(/^await import\("(\.[^"]+)"\);$/gm))
      open.push(join(dirname(file), path));
  }
  return [...loaded].map(([file, text]) => ({ file, text }));
}

/** Each file of the release but the package's folder, of which the packed file is the proof. */
function contentsOf(folder: string): Record<string, string> {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return Object.fromEntries(
    files.map(({ name }) => [name, readFileSync(join(folder, name)).toString("base64")]),
  );
}
