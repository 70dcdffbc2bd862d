import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus, release, totalmem } from "node:os";
import type { Peer } from "./systems/system.ts";

/** Where and with what a run was made. */
export interface Made {
  date: string;
  /** The commit of this project. */
  commit: string;
  machine: string;
  /** Versions of the engine and of each peer. */
  versions: Record<string, string>;
}

/** Describes this run. */
export function made(peers: Peer[]): Made {
  const memory_gb = Math.round(totalmem() / 2 ** 30);
  const processor = cpus()[0]?.model.trim() || "unknown processor";
  const { version } = createRequire(import.meta.url)("workerd/package.json") as { version: string };
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: commit(),
    machine: `${cpus().length} cores (${processor}), ${memory_gb} GB, Linux ${release().split(".").slice(0, 2).join(".")}, ${distribution()}`,
    versions: {
      node: process.versions.node,
      workerd: version,
      ...Object.fromEntries(peers.map((peer) => [peer.name, peer.version])),
    },
  };
}

function commit(): string {
  const { stdout } = spawnSync("git", ["rev-parse", "--short", "HEAD"], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  return stdout.trim();
}

function distribution(): string {
  try {
    return /^PRETTY_NAME="?([^"\n]+)/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "";
  } catch {
    return "";
  }
}
