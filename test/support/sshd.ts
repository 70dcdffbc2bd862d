import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { scratch, until } from "./world.ts";

/** Where Debian and others put it; it is on no user's PATH. */
const PROGRAM = ["/usr/sbin/sshd", "/usr/local/sbin/sshd"].find((path) => existsSync(path));

/** Whether the tests of remote runners can run here. Under CI they must. */
export const HAS_SSHD = PROGRAM !== undefined || process.env.CI === "true";

if (PROGRAM === undefined) {
  process.stderr.write(
    "No sshd here, so the tests of remote runners are skipped: apt install openssh-server\n",
  );
}

/** A real OpenSSH server of this user on loopback, with its own host key and one user's key that may log in. */
export class Sshd {
  readonly port: number;
  readonly folder: string;
  /** Files of private keys that may log in: plain, and under the passphrase `open sesame`. */
  readonly key: string;
  readonly locked_key: string;
  #process: ChildProcess | undefined;

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.key = join(folder, "user");
    this.locked_key = join(folder, "locked");
  }

  static async start(): Promise<Sshd> {
    if (!PROGRAM) throw new Error("sshd is missing: apt install openssh-server");
    const folder = scratch();
    const sshd = new Sshd(folder, await freePort());
    for (const [name, passphrase] of [
      ["host", ""],
      ["user", ""],
      ["locked", PASSPHRASE],
    ] as const) {
      execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", join(folder, name)]);
    }
    const keys = ["user", "locked"].map((name) => readFileSync(join(folder, `${name}.pub`), "utf8"));
    writeFileSync(join(folder, "authorized"), keys.join(""));
    writeFileSync(
      join(folder, "config"),
      `Port ${sshd.port}
ListenAddress 0.0.0.0
HostKey ${join(folder, "host")}
AuthorizedKeysFile ${join(folder, "authorized")}
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
MaxStartups 200
MaxSessions 50
`,
    );
    // What Debian's init script makes; only a privileged sshd wants it.
    if (userInfo().uid === 0) mkdirSync("/run/sshd", { recursive: true });
    await sshd.up();
    return sshd;
  }

  async up(): Promise<void> {
    if (!PROGRAM) throw new Error("sshd is missing");
    this.#process = spawn(PROGRAM, ["-D", "-e", "-f", join(this.folder, "config")], { stdio: "ignore" });
    await until("sshd listens", () => isOpen(this.port));
  }

  /** The listener goes; connections that are open stay. */
  stop(): void {
    this.#process?.kill();
  }

  /** What a run needs to log in here. */
  get login(): Record<string, unknown> {
    return { port: this.port, private_key: this.key, host_key_checking: "off" };
  }
}

export const PASSPHRASE = "open sesame";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}
