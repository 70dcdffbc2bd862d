import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, cpSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { buildAgent } from "../../cli/local/agent-bundle.ts";
import { agentProgram } from "../../cli/local/agent-program.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import { HAS_NAMESPACES } from "../setup/tags.ts";
import { clientOf, ROOT, scratch, until } from "./world.ts";

/** System programs are not on a user's PATH. */
const ENV = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };

export interface Account {
  name: string;
  password: string;
  home: string;
}

/** Arguments: the folder of the homes, the password, and the suffix of the names. */
const SETUP = `set -e
for name in asked trusted; do
  useradd --no-log-init --create-home --home-dir "$1/$name" --shell /bin/sh "tailrace-$name-$3"
  echo "tailrace-$name-$3:$2" | chpasswd
done
cat >"/etc/sudoers.d/tailrace-test-$3" <<END
Defaults:tailrace-asked-$3,tailrace-trusted-$3 timestamp_timeout=0,lecture=never
tailrace-asked-$3 ALL=(ALL:ALL) ALL
tailrace-trusted-$3 ALL=(ALL:ALL) NOPASSWD: ALL
END
chmod 440 "/etc/sudoers.d/tailrace-test-$3"
`;

const TEARDOWN = `rm -f "/etc/sudoers.d/tailrace-test-$3"
for name in asked trusted; do userdel "tailrace-$name-$3"; done
`;

/** Two accounts with one password, for the programs of a test. sudo asks one of them for it, and trusts the other. */
export class Accounts {
  readonly asked: Account;
  readonly trusted: Account;
  /** A folder that every user may enter. */
  readonly folder: string;
  readonly #etc: string;
  #isRemoved = false;

  private constructor(folder: string, password: string) {
    this.folder = folder;
    this.#etc = join(folder, "etc");
    this.asked = { name: `tailrace-asked-${process.pid}`, password, home: join(folder, "asked") };
    this.trusted = { name: `tailrace-trusted-${process.pid}`, password, home: join(folder, "trusted") };
  }

  static create(): Accounts {
    const folder = scratch();
    chmodSync(folder, 0o755);
    const accounts = new Accounts(folder, "Tr0ub4dor & 'three'");
    if (HAS_NAMESPACES) cpSync("/etc", accounts.#etc, { recursive: true, verbatimSymlinks: true });
    accounts.#change(SETUP);
    // A test that fails before its end leaves no account behind.
    process.once("exit", () => accounts.remove());
    return accounts;
  }

  /** The words of a command that sees the accounts. */
  inside(words: string[]): string[] {
    if (!HAS_NAMESPACES) return words;
    return [
      "unshare",
      "--mount",
      "sh",
      "-c",
      `mount --bind '${this.#etc}' /etc && exec "$@"`,
      "sh",
      ...words,
    ];
  }

  /** A server, and an agent that one of the accounts runs. */
  async startWorld(account: Account, args: string[] = []): Promise<AccountWorld> {
    const server = await startServer({ port: 0, state: scratch() });
    const client = clientOf(server.url, server.apiKey);
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
    const agent = await this.#startAgent(account, server.url, key, args);
    const stop = async () => {
      await agent.stop();
      await server.stop();
    };
    return { client, agent, stop };
  }

  /** Makes a file that only this account may read. */
  give({ name }: Account, path: string, text: string): void {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text, { mode: 0o600 });
    this.#run(["chown", name, dirname(path), path]);
  }

  /** Starts an agent as one of the accounts, with readable copies of all that it reads. */
  async #startAgent(account: Account, url: string, key: string, args: string[]): Promise<AccountAgent> {
    const { name } = account;
    const folder = join(this.folder, `agent-${name}`);
    mkdirSync(join(folder, "state"), { recursive: true });
    const program = agentProgram(folder, (await buildAgent()).text, folder);
    for (const pack of ["agent/packs/core", "agent/packs/examples", "test/fixtures/packs/matrix"])
      cpSync(join(ROOT, pack), join(folder, "packs", basename(pack)), { recursive: true });
    const node = join(folder, "node");
    copyFileSync(process.execPath, node);
    this.#run(["chmod", "-R", "a+rX", folder]);
    this.#run(["chown", "-R", name, join(folder, "state")]);
    const words = [node, ...program, "--url", url, "--state", join(folder, "state")];
    const packs = ["--packs", join(folder, "packs/matrix")];
    const become = ["setpriv", `--reuid=${name}`, `--regid=${name}`, "--init-groups", "--"];
    const [file = "", ...rest] = this.inside([...become, ...words, ...packs, ...args, "--stop-with-stdin"]);
    const child = spawn(file, rest, {
      cwd: folder,
      env: { ...ENV, HOME: account.home, TAILRACE_API_KEY: key },
      stdio: ["pipe", "ignore", "pipe"],
    });
    const agent = new AccountAgent(child, join(folder, "state"));
    await until("the agent is ready", () => agent.log.includes("agent ready"));
    return agent;
  }

  remove(): void {
    if (!HAS_NAMESPACES && !this.#isRemoved) this.#change(TEARDOWN);
    this.#isRemoved = true;
  }

  /** One change at a time, as the accounts may be the machine's and other tests have their own. */
  #change(script: string): void {
    const words = ["sh", "-c", script, "sh", this.folder, this.asked.password, String(process.pid)];
    this.#run(HAS_NAMESPACES ? words : ["flock", join(tmpdir(), "tailrace-test-accounts"), ...words]);
  }

  #run(words: string[]): void {
    const [file = "", ...args] = this.inside(words);
    execFileSync(file, args, { env: ENV, stdio: ["ignore", "ignore", "inherit"] });
  }
}

export interface AccountWorld {
  client: Client;
  agent: AccountAgent;
  stop: () => Promise<void>;
}

/** An agent that another user runs. */
export class AccountAgent {
  readonly state: string;
  readonly #process: ChildProcess;
  log = "";

  constructor(child: ChildProcess, state: string) {
    this.state = state;
    this.#process = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.log += text;
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Ends its runs and stops it, or sends it a signal, and resolves once it has ended. */
  async stop(signal?: NodeJS.Signals): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const exited = once(this.#process, "exit");
    if (signal === undefined) this.#process.stdin?.end();
    else this.#process.kill(signal);
    await exited;
  }
}
