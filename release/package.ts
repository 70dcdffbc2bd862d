import { execFile, execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../cli/base/root.ts";
import { bundleAll } from "./package/bundles.ts";
import { MAN_PAGE, PROGRAM, packageJson } from "./package/manifest.ts";
import { thirdParty } from "./package/third-party.ts";
import type { Release } from "./step.ts";

/** What an installation reads as it is. The package has the checkout's layout, so that one rule finds these files in both. */
const COPIED = [
  "LICENSE",
  "agent/packs/core",
  "agent/packs/examples",
  "agent/python",
  "cli/server/engine.sh",
  "migrations",
  "wrangler.toml",
];

/** Makes the npm package: its folder `package/`, and the file that npm installs. */
export async function makePackage(release: Release): Promise<void> {
  const folder = join(release.dist, "package");
  const { files, packages } = await bundleAll();
  for (const name of packages) release.bundled.add(name);
  const write = (name: string, contents: string | Uint8Array, is_program = false) => {
    const file = join(folder, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, contents);
    // Whatever this process and the checkout were given: npm packs the modes.
    chmodSync(file, is_program ? 0o755 : 0o644);
  };
  for (const { name, text } of files) write(name, text);
  for (const name of copied()) write(name, readFileSync(join(ROOT, name)), isProgram(join(ROOT, name)));
  write(PROGRAM, readFileSync(join(import.meta.dirname, "package/tailrace.cjs"), "utf8"), true);
  write("README.md", readFileSync(join(import.meta.dirname, "package/README.md"), "utf8"));
  write("package.json", packageJson(release.version));
  write("THIRD-PARTY", thirdParty(packages));
  write(MAN_PAGE, execFileSync(process.execPath, [join(folder, PROGRAM), "man"]));
  await pack(folder, release);
}

/** The files of the commit: Python leaves others beside them. */
function copied(): string[] {
  const text = execFileSync("git", ["ls-files", "-z", "--", ...COPIED], { cwd: ROOT, encoding: "utf8" });
  return text.split("\0").filter((name) => name !== "");
}

function isProgram(file: string): boolean {
  return (statSync(file).mode & 0o100) !== 0;
}

/** npm gives every file the same time and owner. */
async function pack(folder: string, { dist, work }: Release): Promise<void> {
  const options = ["--ignore-scripts", "--pack-destination", dist, "--cache", join(work, "npm"), "--json"];
  await promisify(execFile)("npm", ["pack", folder, ...options], { cwd: dist });
}
