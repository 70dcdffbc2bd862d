import { spawnSync } from "node:child_process";
import { createHmac, randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { shellLine, shellQuote } from "../process/command.ts";
import { type Host, parseHosts } from "./hosts.ts";

/** The settings of all connections of one agent. */
export interface SshSettings {
  /** The folder of the sockets of shared connections. It must be short, because a socket's path has a limit. */
  sockets: string;
  /** Seconds between two signs of life. After four missing ones in a row, the connection counts as lost. */
  alive_seconds: number;
}

/** The credentials of a login. */
export interface Credentials {
  password: string | undefined;
  private_key: string | undefined;
  passphrase: string | undefined;
}

/** How long an unused connection stays open for the next run to share. */
const SHARED_SECONDS = 15;

/** Missing signs of life in a row that a connection may have. */
export const SILENCES_MAX = 3;

/** Part of the names of shared connections, so that a name says nothing about the secret. */
const SALT = randomBytes(32);

const HOST_KEY_OPTIONS: Record<string, string[]> = {
  "accept-new": ["StrictHostKeyChecking=accept-new"],
  strict: ["StrictHostKeyChecking=yes"],
  off: ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "GlobalKnownHostsFile=/dev/null"],
};

export function credentialsOf(runner: Record<string, unknown>): Credentials {
  const text = (name: string) => {
    const value = runner[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  return { password: text("password"), private_key: text("private_key"), passphrase: text("passphrase") };
}

/**
 * The arguments for one run of the host's own `ssh`, so that `~/.ssh/config` applies. Runs to one host with the same credentials
 * share a connection. A run with other credentials never uses a connection that it could not have opened.
 */
export function sshArguments(
  host: Host,
  runner: Record<string, unknown>,
  { sockets, alive_seconds }: SshSettings,
  files: { log: string; identity: string | undefined },
): string[] {
  const { password, private_key, passphrase } = credentialsOf(runner);
  const asked = password !== undefined || passphrase !== undefined;
  const { host_key_checking, bastion_host, username } = runner;
  const identity = JSON.stringify([password, private_key, passphrase, host_key_checking, bastion_host]);
  const digest = createHmac("sha256", SALT).update(identity).digest("hex").slice(0, 8);
  const common = [
    "-E",
    files.log,
    ...[
      ...(HOST_KEY_OPTIONS[String(host_key_checking)] ?? HOST_KEY_OPTIONS["accept-new"] ?? []),
      `ConnectTimeout=${runner.connect_timeout ?? 20}`,
      `ServerAliveInterval=${alive_seconds}`,
      `ServerAliveCountMax=${SILENCES_MAX}`,
      `BatchMode=${asked ? "no" : "yes"}`,
      "NumberOfPasswordPrompts=1",
      "RemoteCommand=none",
      "LogLevel=ERROR",
    ].flatMap((option) => ["-o", option]),
    ...(files.identity === undefined ? [] : ["-i", files.identity, "-o", "IdentitiesOnly=yes"]),
  ];
  const shared = [
    "EscapeChar=none",
    "ControlMaster=auto",
    `ControlPersist=${SHARED_SECONDS}`,
    `ControlPath=${join(sockets, `${digest}-%C`)}`,
    ...(typeof bastion_host === "string" ? [`ProxyCommand=${through(bastion_host, username, common)}`] : []),
  ];
  const port = host.port ?? runner.port;
  return [
    runner.tty === true ? "-tt" : "-T",
    ...common,
    ...shared.flatMap((option) => ["-o", option]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...loginName(username),
    "--",
    host.name,
  ];
}

function loginName(username: unknown): string[] {
  return typeof username === "string" && username !== "" ? ["-l", username] : [];
}

/** A command that connects through a bastion host, with the run's credentials and checks, which `-J` would not pass on. */
function through(bastion_host: string, username: unknown, common: string[]): string {
  const at = bastion_host.lastIndexOf("@");
  const user = at === -1 ? username : bastion_host.slice(0, at);
  const [{ name, port } = {}, ...more] = parseHosts(bastion_host.slice(at + 1), "bastion_host");
  if (name === undefined || more.length > 0) throw new Error("bastion_host: give exactly one host.");
  const words = [
    "ssh",
    "-T",
    ...common,
    ...(port === undefined ? [] : ["-p", String(port)]),
    ...loginName(user),
  ];
  // The outer ssh runs it with exec, and replaces percent signs and what follows them.
  return `${shellLine(words).replaceAll("%", "%%")} -W '[%h]:%p' -- ${shellQuote(name)}`;
}

/** How long closing one shared connection may take. */
const CLOSE_MS_MAX = 1_000;

/** Closes the shared connections. */
export function closeConnections(sockets: string): void {
  for (const name of readdirSync(sockets)) {
    if (!/^[0-9a-f]{8}-[0-9a-f]{40}$/.test(name)) continue;
    spawnSync("ssh", ["-O", "exit", "-o", `ControlPath=${join(sockets, name)}`, "-F", "/dev/null", "any"], {
      stdio: "ignore",
      timeout: CLOSE_MS_MAX,
    });
  }
}

/** The file of a private key: the given path, or a file of this run with the given text. */
export function identityFile(private_key: string | undefined, folder: string): string | undefined {
  if (private_key === undefined || !private_key.includes("PRIVATE KEY")) return private_key;
  const file = join(folder, "key");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(file, `${private_key.trim()}\n`, { mode: 0o600 });
  return file;
}
