import { spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

interface Need {
  /** The programs that tests run. */
  programs: readonly string[];
  /** A program that does as well as all of them. */
  instead?: string;
  /** Arguments with which the first program succeeds only if the package is complete. */
  proof?: readonly string[];
}

/**
 * The programs that the tests run besides Node, by Debian package: a browser, curl, a remote host, and tools of every Debian. A
 * package's name is also the tag of the tests that need it.
 */
export const NEEDS = {
  // Draws as the whole browser does, and takes half of its processor time.
  "chromium-headless-shell": { programs: ["chromium-headless-shell"], instead: "chromium" },
  "firefox-esr": { programs: ["firefox-esr"], instead: "firefox" },
  curl: { programs: ["curl"] },
  git: { programs: ["git"] },
  less: { programs: ["less"] },
  openssl: { programs: ["openssl"] },
  "openssh-client": { programs: ["ssh", "ssh-keygen"] },
  "openssh-server": { programs: ["sshd"] },
  sudo: { programs: ["sudo"] },
  python3: { programs: ["python3"] },
  // Debian's python3 comes without the module that makes virtual environments.
  "python3-venv": { programs: ["python3"], proof: ["-c", "import ensurepip, venv"] },
  "util-linux": { programs: ["setsid", "flock", "unshare", "nsenter", "setpriv"] },
  e2fsprogs: { programs: ["mkfs.ext4"] },
  bsdutils: { programs: ["script"] },
  coreutils: { programs: ["stty", "stdbuf"] },
  "groff-base": { programs: ["groff"] },
  zsh: { programs: ["zsh"] },
  fish: { programs: ["fish"] },
  tar: { programs: ["tar"] },
  mawk: { programs: ["awk"] },
  grep: { programs: ["grep"] },
  // To install our own package, and to check its unit.
  dpkg: { programs: ["dpkg", "dpkg-deb"] },
  adduser: { programs: ["adduser"] },
  systemd: { programs: ["systemd-analyze"] },
  passwd: { programs: ["useradd"] },
} as const satisfies Record<string, Need>;

export type Package = keyof typeof NEEDS;

/** Every package that the tests need. */
export const PACKAGES = Object.keys(NEEDS) as Package[];

/** The folders of a system's own programs, which are on no user's PATH. */
const SYSTEM_FOLDERS = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

/** How long a program may take to prove that it is complete. */
const PROOF_MS_MAX = 30_000;

/** The folders in which the tests find programs: those of PATH, then the system's own. */
export function programFolders(path: string = process.env.PATH ?? ""): string[] {
  return [...path.split(delimiter).filter((folder) => folder !== ""), ...SYSTEM_FOLDERS];
}

/** The packages with a program that none of these folders has. */
export function missingPackages(folders: readonly string[]): Package[] {
  return PACKAGES.filter((name) => !isThere(NEEDS[name], folders));
}

/** The file of a program; undefined where no folder has it. */
export function findProgram(program: string, folders: readonly string[]): string | undefined {
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

/** The command by which a person installs packages. */
export function installCommand(packages: readonly string[]): string {
  return `sudo apt-get install --no-install-recommends ${packages.join(" ")}`;
}

function isThere({ programs, instead, proof }: Need, folders: readonly string[]): boolean {
  if (instead !== undefined && findProgram(instead, folders) !== undefined) return true;
  const files = programs.map((program) => findProgram(program, folders));
  if (files.includes(undefined)) return false;
  return proof === undefined || spawnSync(files[0] ?? "", proof, { timeout: PROOF_MS_MAX }).status === 0;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
