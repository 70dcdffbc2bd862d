import { spawnSync } from "node:child_process";
import { userInfo } from "node:os";
import { findProgram } from "./needs.ts";

/** How long the installation may take, on a slow line. */
const INSTALL_MS_MAX = 15 * 60_000;

/** The largest output of apt-get. */
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

/** Arguments: the packages. The exit code 101 forbids the start of services, as the tests start their own. */
const SCRIPT = `set -e
policy=/usr/sbin/policy-rc.d
if ! [ -e "$policy" ]; then
  trap 'rm -f "$policy"' EXIT
  printf '#!/bin/sh\\nexit 101\\n' >"$policy"
  chmod +x "$policy"
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
apt-get install -y -qq --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"
`;

/** The words that run a command as root here, without a prompt; undefined where packages cannot be installed. */
export function rootWords(folders: readonly string[]): string[] | undefined {
  if (findProgram("apt-get", folders) === undefined) return undefined;
  if (userInfo().uid === 0) return [];
  const sudo = findProgram("sudo", folders);
  if (sudo === undefined || spawnSync(sudo, ["-n", "true"], { stdio: "ignore" }).status !== 0)
    return undefined;
  return [sudo, "-n"];
}

/** Installs packages. Returns apt-get's output if it failed. */
export function install(packages: readonly string[], asRoot: readonly string[]): string | undefined {
  const [file = "", ...args] = [...asRoot, "/bin/sh", "-c", SCRIPT, "install", ...packages];
  const { status, error, stdout, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: INSTALL_MS_MAX,
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  if (status === 0) return undefined;
  return [stdout, stderr, error?.message ?? ""].join("\n").trim();
}
