import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ROOT } from "../cli/base/root.ts";
import { bundleAgent } from "../cli/local/agent-bundle.ts";
import { AGENT_NODE_FLAGS } from "../cli/local/agent-program.ts";
import { withBundler } from "../cli/server/build-cache.ts";
import { ARCHITECTURES, type Architecture, fetchNode } from "./executable/node.ts";
import { packagesOf } from "./package/packages.ts";
import { RULE, thirdParty } from "./package/third-party.ts";
import type { Release } from "./step.ts";

/** Where Node looks for its program in its own file, and the mark that tells it to look. Node's manual names both. */
const RESOURCE = "NODE_SEA_BLOB";
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** Writes a resource into an executable file. As a program, because its warnings mean nothing for this file. */
const INJECT = join(ROOT, "node_modules/postject/dist/cli.js");

/** The folders of files that the agent reads as they are, below `agent/`. */
const READ = ["packs", "python"];

/**
 * Makes the agent as one executable file for each architecture: Node, and in it the agent's program, packs and Python files. Their
 * licences are a file beside them.
 */
export async function makeExecutables(
  release: Release,
  architectures: readonly Architecture[] = ARCHITECTURES,
): Promise<void> {
  const { packages, blob } = await makeBlob(join(release.work, "executable"));
  for (const name of packages) release.bundled.add(name);
  for (const architecture of architectures) {
    const { program, licence } = fetchNode(architecture, release.work);
    makeExecutable(program, blob, join(release.dist, executableName(release.version, architecture)));
    writeFileSync(join(release.dist, licencesName(release.version)), licencesOf(packages, licence));
  }
}

/** The name of a released executable. */
export function executableName(version: string, architecture: Architecture): string {
  return `tailrace-agent-${version}-linux-${architecture}`;
}

/** The name of the file with the licences of what is in the executables. */
export function licencesName(version: string): string {
  return `tailrace-agent-${version}-THIRD-PARTY`;
}

/** The licences of an executable: those of the bundled packages, and the one of Node, which has the licences of its own parts. */
export function licencesOf(packages: readonly string[], node_licence: string): string {
  return `${thirdParty(packages)}${RULE}Node.js\n\n${readFileSync(node_licence, "utf8").trim()}\n`;
}

/** Writes a Node that runs what a blob contains. */
export function makeExecutable(node: string, blob: string, file: string): void {
  copyFileSync(node, file);
  chmodSync(file, 0o755);
  execFileSync(process.execPath, [INJECT, file, RESOURCE, blob, "--sentinel-fuse", FUSE], { stdio: "pipe" });
}

/**
 * Makes what Node reads from its own file, in a folder. It holds no machine code: one blob is for every architecture, and two of the same
 * sources are equal. `packages` are the folders of the packages that it contains.
 */
export async function makeBlob(folder: string): Promise<{ blob: string; packages: string[] }> {
  const [agent, main] = await Promise.all([bundleAgent(), bundleMain()]);
  const files = [
    ...agent.files.map(({ name, text }) => ({
      name: `built/${name}`,
      mode: 0o644,
      bytes: Buffer.from(text),
    })),
    ...readFiles(),
  ];
  for (const { name, bytes } of files) put(join(folder, name), bytes);
  put(join(folder, "files"), JSON.stringify(files.map(({ name, mode }) => ({ name, mode }))));
  put(join(folder, "main.cjs"), main.text);
  const names = ["files", ...files.map(({ name }) => name)];
  const config = {
    // Relative names, because the blob contains them.
    main: "main.cjs",
    output: "blob",
    disableExperimentalSEAWarning: true,
    execArgv: AGENT_NODE_FLAGS,
    // NODE_OPTIONS is for the programs that the agent starts.
    execArgvExtension: "none",
    assets: Object.fromEntries(names.map((name) => [name, name])),
  };
  put(join(folder, "config.json"), JSON.stringify(config));
  execFileSync(process.execPath, ["--experimental-sea-config", "config.json"], {
    cwd: folder,
    stdio: "pipe",
  });
  return { blob: join(folder, "blob"), packages: packagesOf([...agent.inputs, ...main.inputs]) };
}

/** The program that unpacks the agent. Node takes one CommonJS file. */
async function bundleMain(): Promise<{ text: string; inputs: string[] }> {
  const { outputFiles, metafile } = await withBundler((build) =>
    build({
      entryPoints: [join(ROOT, "agent/standalone/main.ts")],
      absWorkingDir: ROOT,
      bundle: true,
      write: false,
      metafile: true,
      platform: "node",
      format: "cjs",
      target: "node24",
      logLevel: "silent",
    }),
  );
  return { text: outputFiles[0]?.text ?? "", inputs: Object.keys(metafile.inputs) };
}

/** The files of the commit: Python leaves others beside them. */
function readFiles(): { name: string; mode: number; bytes: Buffer }[] {
  const text = execFileSync("git", ["ls-files", "-z", "--", ...READ], {
    cwd: join(ROOT, "agent"),
    encoding: "utf8",
  });
  return text
    .split("\0")
    .filter((name) => name !== "")
    .sort()
    .map((name) => {
      const file = join(ROOT, "agent", name);
      const isProgram = (statSync(file).mode & 0o100) !== 0;
      return { name, mode: isProgram ? 0o755 : 0o644, bytes: readFileSync(file) };
    });
}

function put(file: string, contents: string | Buffer): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, contents);
}
