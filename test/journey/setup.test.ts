import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, scratch } from "../support/world.ts";

/** A file that needs a browser, and a file that needs nothing. */
const FILES = ["--project", "node", "test/web/permissions.test.ts", "test/web/texts.test.ts"];

const BROWSER = "chromium-headless-shell";

const SKIPPED = /^Not tested, as this machine lacks what they need: (\d+)$/m;

/** A PATH with all programs of this machine, except a browser and those that could install one. */
function pathWithoutBrowser(): string {
  const folder = scratch();
  const programs = new Map<string, string>();
  for (const from of (process.env.PATH ?? "").split(delimiter).filter(existsSync).toReversed())
    for (const name of readdirSync(from)) programs.set(name, join(from, name));
  for (const name of ["chromium", BROWSER, "apt-get", "node", "sudo"]) programs.delete(name);
  for (const [name, file] of programs) symlinkSync(file, join(folder, name));
  return folder;
}

/** An apt-get that notes its arguments, and installs a browser or fails. */
function putAptGet(path: string, does: "installs" | "fails"): string {
  const asked = join(scratch(), "asked");
  const browser = join(path, BROWSER);
  const install = `printf '#!/bin/sh\\n' >${browser}; chmod +x ${browser}`;
  writeFileSync(
    join(path, "apt-get"),
    `#!/bin/sh\necho "$@" >>${asked}\n${does === "installs" ? install : "echo no network >&2; exit 100"}\n`,
  );
  chmodSync(join(path, "apt-get"), 0o755);
  return asked;
}

async function npmTest(path: string, args: string[], more: NodeJS.ProcessEnv = {}) {
  const inherited = Object.entries(process.env).filter(([name]) => !/^(VITEST|CI$|NODE_ENV$)/.test(name));
  const env = { ...Object.fromEntries(inherited), PATH: path, NO_COLOR: "1", ...more };
  const program = join(ROOT, "test/setup/main.ts");
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

describe("npm test", () => {
  it("without the right to install runs the other tests, and names the skipped ones and the command to install", async () => {
    const { code, stdout, stderr } = await npmTest(pathWithoutBrowser(), FILES);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const count = Number(SKIPPED.exec(stdout)?.[1]);
    const named = stdout.match(
      /^ {2}test\/web\/permissions\.test\.ts > .+ > .+ \(chromium-headless-shell\)$/gm,
    );
    expect(count).toBeGreaterThan(5);
    expect(named).toHaveLength(count);
    expect(stdout).toMatch(
      /^To install the rest: sudo apt-get install --no-install-recommends chromium-headless-shell$/m,
    );
    expect(stdout).toMatch(/Tests +\d+ passed \| \d+ skipped/);
  });

  it("installs nothing with --no-setup", async () => {
    const path = pathWithoutBrowser();
    const asked = putAptGet(path, "installs");
    const { code, stdout } = await npmTest(path, ["--no-setup", ...FILES]);
    expect(code).toBe(0);
    expect(stdout).toMatch(SKIPPED);
    expect(existsSync(asked)).toBe(false);
  });

  it("names in one line what it installs, and then misses nothing", { tags: "root" }, async () => {
    const path = pathWithoutBrowser();
    const asked = putAptGet(path, "installs");
    const { stdout, stderr } = await npmTest(path, ["--project", "node", "test/web/texts.test.ts"]);
    expect(stderr).toMatch(/^Installing what the tests need: .*chromium.* \(.*\)\n$/);
    expect(stdout).not.toMatch(SKIPPED);
    expect(readFileSync(asked, "utf8")).toMatch(/^update .*\ninstall .* chromium.*\n$/);
  });

  it("continues without packages that cannot be installed, and says why", { tags: "root" }, async () => {
    const path = pathWithoutBrowser();
    putAptGet(path, "fails");
    const { code, stdout, stderr } = await npmTest(path, FILES);
    expect(code).toBe(0);
    expect(stderr).toMatch(/no network\n\nThe packages could not be installed\.\n$/);
    expect(stdout).toMatch(SKIPPED);
  });

  it("fails under CI if a package is missing", async () => {
    const { code, stdout, stderr } = await npmTest(pathWithoutBrowser(), FILES, { CI: "true" });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Missing, and CI is set: sudo apt-get install --no-install-recommends .*chromium.*\n$/,
    );
    expect(stdout).toBe("");
  });
});
