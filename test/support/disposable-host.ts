import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { scratch, until } from "./scratch.ts";

/** Mounts this system as a layer below an empty one, keeps the mounts to itself, and stays until its stdin ends. */
const LAYERS = `set -e
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
echo mounted
exec cat`;

/**
 * A copy of this system, to install packages in: it has this system's files, and what is written to it stays in memory and is gone
 * at the end. Its processes and its network are this system's. Tests that use one have the tag `root`.
 */
export class DisposableHost {
  readonly #folder = join(scratch(), "host");
  readonly #keeper: ChildProcess;

  private constructor() {
    mkdirSync(this.#folder);
    const words = ["--mount", "--propagation", "private", "sh", "-c", LAYERS, "sh", this.#folder];
    this.#keeper = spawn("unshare", words, { stdio: ["pipe", "pipe", "inherit"] });
  }

  static async start(): Promise<DisposableHost> {
    const host = new DisposableHost();
    let said = "";
    host.#keeper.stdout?.on("data", (text) => (said += text));
    await until("the host is mounted", () => {
      if (host.#keeper.exitCode !== null)
        throw new Error("the layers of a disposable host cannot be mounted");
      return said.includes("mounted");
    });
    return host;
  }

  /** The words that run a program there, as root or as another user, with an environment of its own. */
  words(user = "root", env: Record<string, string> = {}): string[] {
    const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return [
      ...["nsenter", "--mount", "--target", String(this.#keeper.pid), "chroot", join(this.#folder, "root")],
      ...["setpriv", "--reuid", user, "--regid", user, "--init-groups"],
      ...["env", "--ignore-environment", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", ...set],
    ];
  }

  /** Runs a line of shell there. */
  run(line: string, user = "root"): { status: number | null; output: string } {
    const [file = "", ...args] = [
      ...this.words(user, { DEBIAN_FRONTEND: "noninteractive" }),
      "sh",
      "-c",
      line,
    ];
    const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
    return { status, output: stdout + stderr };
  }

  async stop(): Promise<void> {
    if (this.#keeper.exitCode !== null) return;
    const exited = once(this.#keeper, "exit");
    this.#keeper.stdin?.end();
    await exited;
  }
}
