import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { findProgram, programFolders } from "../setup/needs.ts";
import type { Accounts } from "./accounts.ts";
import { scratch, until } from "./scratch.ts";

const PROGRAM = findProgram("sshd", programFolders());

/** Whether the tests of remote runners can run here. CI requires it. */
export const HAS_SSHD = PROGRAM !== undefined || process.env.CI === "true";

/** The tags of tests that use a host of this server. */
export const SSHD_TAGS = ["openssh-client", "openssh-server"];

/** A process of sshd listens on this many addresses at most. */
const ADDRESSES_MAX = 16;

export interface SshdOptions {
  /** How many loopback addresses, from 127.0.0.1 on, are its hosts. */
  hosts?: number;
  /** Accounts that may log in, also with their passwords. Without them, only this user may. */
  accounts?: Accounts;
  /** The locale that its sessions have. Without one they have none. */
  lang?: string;
}

/** A real OpenSSH server on loopback, with its own host key and the keys of users that may log in. */
export class Sshd {
  readonly port: number;
  readonly folder: string;
  /** Private key files that may log in: plain, and with `PASSPHRASE`. */
  readonly key: string;
  readonly locked_key: string;
  readonly #options: SshdOptions;
  #processes: ChildProcess[] = [];

  private constructor(folder: string, port: number, options: SshdOptions) {
    this.folder = folder;
    this.port = port;
    this.key = join(folder, "user");
    this.locked_key = join(folder, "locked");
    this.#options = options;
  }

  static async start(options: SshdOptions = {}): Promise<Sshd> {
    const folder = scratch();
    const sshd = new Sshd(folder, await freePort(), options);
    for (const [name, passphrase] of [
      ["host", ""],
      ["user", ""],
      ["locked", PASSPHRASE],
    ] as const) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", join(folder, name)]);
    }
    const keys = ["user", "locked"].map((name) => readFileSync(join(folder, `${name}.pub`), "utf8"));
    writeFileSync(join(folder, "authorized"), keys.join(""));
    for (const [at, addresses] of sshd.addresses.entries()) {
      const lines = addresses.map((address) => `ListenAddress ${address}\n`);
      writeFileSync(sshd.#config(at), `${lines.join("")}${sshd.#settings}`);
    }
    // Accounts read their own keys.
    if (options.accounts) chmodSync(folder, 0o755);
    // Debian's init script makes this folder; only a privileged sshd needs it.
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
    await sshd.up();
    return sshd;
  }

  async up(): Promise<void> {
    if (!PROGRAM) throw new Error("There is no sshd here: it is in the package openssh-server.");
    // A test that fails before its end leaves no server behind.
    process.once("exit", this.#stop);
    const { accounts } = this.#options;
    this.#processes = this.addresses.map((_, at) => {
      const words = [PROGRAM, "-D", "-e", "-f", this.#config(at)];
      const [file = "", ...args] = accounts ? accounts.inside(words) : words;
      return spawn(file, args, { stdio: "ignore" });
    });
    for (const address of this.addresses.flat())
      await until(`sshd listens on ${address}`, () => isOpen(this.port, address));
  }

  /** Stops the listeners. Open connections stay. */
  stop(): void {
    process.off("exit", this.#stop);
    this.#stop();
  }

  #stop = (): void => {
    for (const child of this.#processes) child.kill();
  };

  /** The addresses that it listens on, process by process. */
  get addresses(): string[][] {
    const all = Array.from({ length: this.#options.hosts ?? 1 }, (_, at) => `127.0.0.${at + 1}`);
    return Array.from({ length: Math.ceil(all.length / ADDRESSES_MAX) }, (_, at) =>
      all.slice(at * ADDRESSES_MAX, (at + 1) * ADDRESSES_MAX),
    );
  }

  #config(at: number): string {
    return join(this.folder, `config-${at}`);
  }

  get #settings(): string {
    const { lang } = this.#options;
    const hasPasswords = this.#options.accounts !== undefined;
    // A shell at the second level skips ~/.bashrc, so this user's settings do not matter.
    return `Port ${this.port}
HostKey ${join(this.folder, "host")}
AuthorizedKeysFile ${join(this.folder, "authorized")}
SetEnv SHLVL=1${lang === undefined ? "" : ` LANG=${lang}`}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication ${hasPasswords ? "yes" : "no"}
KbdInteractiveAuthentication no
MaxStartups 200
MaxSessions 50
`;
  }

  /** The parameters that a run needs to log in here. */
  get login(): Record<string, unknown> {
    return { port: this.port, private_key: this.key, host_key_checking: "off" };
  }
}

/** It names this process, so that other processes' command lines do not contain it. */
export const PASSPHRASE = `open sesame ${process.pid}`;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function isOpen(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, address);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
