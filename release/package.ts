import { execFile, execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../cli/base/root.ts";
import { bundleAll } from "./package/bundles.ts";
import { packageJson } from "./package/manifest.ts";
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
  const write = (name: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text, { mode });
  };
  for (const { name, text } of files) write(name, text);
  for (const name of copied()) cpSync(join(ROOT, name), join(folder, name));
  write("bin/tailrace.cjs", readFileSync(join(import.meta.dirname, "package/tailrace.cjs"), "utf8"), 0o755);
  write("README.md", readFileSync(join(import.meta.dirname, "package/README.md"), "utf8"));
  write("package.json", packageJson(release.version));
  write("THIRD-PARTY", thirdParty(packages));
  await pack(folder, release);
}

/** The files of the commit: Python leaves others beside them. */
function copied(): string[] {
  const text = execFileSync("git", ["ls-files", "-z", "--", ...COPIED], { cwd: ROOT, encoding: "utf8" });
  return text.split("\0").filter((name) => name !== "");
}

/** npm gives every file the same time, and the modes that it installs. */
async function pack(folder: string, { dist, work }: Release): Promise<void> {
  const options = ["--ignore-scripts", "--pack-destination", dist, "--cache", join(work, "npm"), "--json"];
  await promisify(execFile)("npm", ["pack", folder, ...options], { cwd: dist });
}
