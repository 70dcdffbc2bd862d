import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, renameSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Ran } from "./command-line.ts";
import { ROOT, scratch } from "./scratch.ts";

const run = promisify(execFile);

/** Makes a release, without the steps that a test does not need. Returns its folder. `env` and `umask` are another host's. */
export async function makeRelease(
  only: readonly string[],
  { env = {}, umask = "022" }: { env?: NodeJS.ProcessEnv; umask?: string } = {},
): Promise<string> {
  const dist = join(scratch(), "dist");
  const args = [join(ROOT, "release/main.ts"), "--dist", dist, "--only", only.join(",")];
  const script = `umask ${umask} && exec "$@"`;
  const options = { env: { ...process.env, ...env }, cwd: scratch() };
  await run("/bin/sh", ["-c", script, "sh", process.execPath, ...args], options);
  return dist;
}

/** A Node of another version: npm's package with its program, kept for later runs of the tests. */
export async function nodeOf(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const kept = join(ROOT, "node_modules/.cache", `node-${version}`);
  if (!existsSync(kept)) {
    const part = `${kept}.${process.pid}`;
    mkdirSync(part, { recursive: true });
    await run("npm", ["install", "--no-save", "--prefer-offline", "--prefix", part, `${name}@${version}`]);
    renameSync(part, kept);
  }
  return join(kept, "node_modules", name, "bin/node");
}

/** The package, installed as a user would: in an empty folder, with a home of its own. Its path leads to no checkout. */
export class Installation {
  readonly #prefix = scratch();
  readonly home = scratch();

  static async of(dist: string): Promise<Installation> {
    const installation = new Installation();
    const [file = ""] = readdirSync(dist).filter((name) => name.endsWith(".tgz"));
    const prefix = ["--prefix", installation.#prefix, "--prefer-offline"];
    await run("npm", ["install", "--global", ...prefix, join(dist, file)], { cwd: installation.home });
    return installation;
  }

  /** The folder of the package. */
  get folder(): string {
    return join(this.#prefix, "lib/node_modules/tailrace");
  }

  /** The environment of a user with this Node. */
  environment(node: string): NodeJS.ProcessEnv {
    const path = [join(this.#prefix, "bin"), dirname(node), "/usr/bin", "/bin"];
    return { PATH: path.join(delimiter), HOME: this.home, NO_COLOR: "1" };
  }

  /** Starts `tailrace` with arguments. */
  start(args: readonly string[], env: NodeJS.ProcessEnv) {
    return spawn(join(this.#prefix, "bin/tailrace"), args, {
      cwd: this.home,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  /** Runs `tailrace` to its end. */
  async run(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ran> {
    const child = this.start(args, env);
    const ran: Ran = { code: null, stdout: "", stderr: "" };
    child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
    [ran.code] = (await once(child, "close")) as [number | null];
    return ran;
  }
}
