import { execFile } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { ROOT } from "../cli/base/root.ts";
import { agentManPage } from "./debian/man-page.ts";
import { agentSettingsFile } from "./debian/settings-file.ts";
import { Tree } from "./debian/tree.ts";
import { ARCHITECTURES, type Architecture } from "./executable/node.ts";
import { executableName, licencesName } from "./executable.ts";
import type { Release } from "./step.ts";

const run = promisify(execFile);

/** Debian's words for the processors. */
const DEBIAN_ARCHITECTURE: Record<Architecture, string> = { x64: "amd64", arm64: "arm64" };

/** Our own files of the package, beside this one. */
const OWN = join(import.meta.dirname, "debian");
const SCRIPTS = ["postinst", "prerm", "postrm"];

/** xz's level: 13 s of processor time for 35 MB. Its default, 6, takes several times as long for 30 MB. Debian 11 reads no zstd. */
const COMPRESSION_LEVEL = 1;

/** What one package is made of. */
export interface DebianPackage {
  version: string;
  architecture: Architecture;
  /** The agent as one executable file. */
  executable: string;
  /** The licences of what is in it. */
  licences: string;
  /** The time of every file. */
  epoch_s: number;
  /** The file to make. */
  file: string;
  /** A folder for the files on the way. */
  work: string;
  /** 0 does not compress. */
  compression_level?: number;
}

/** Makes the Debian package of each executable of the release. */
export async function makeDebianPackages({ version, dist, work, epoch_s }: Release): Promise<void> {
  const licences = readFileSync(join(dist, licencesName(version)), "utf8");
  // dpkg-deb takes one processor for each.
  const made = ARCHITECTURES.map((architecture) =>
    makeDebianPackage({
      version,
      architecture,
      executable: join(dist, executableName(version, architecture)),
      licences,
      epoch_s,
      file: join(dist, debianName(version, architecture)),
      work: join(work, `debian-${architecture}`),
    }),
  );
  await Promise.all(made);
}

/** The name of a released package. */
export function debianName(version: string, architecture: Architecture): string {
  return `tailrace-agent_${version}_${DEBIAN_ARCHITECTURE[architecture]}.deb`;
}

/** Makes one package, with the program that every Debian has. Two of the same files and the same time are equal. */
export async function makeDebianPackage(made: DebianPackage): Promise<void> {
  const tree = new Tree(made.work);
  tree.put("usr/bin/tailrace-agent", (file) => copyFileSync(made.executable, file), 0o755);
  tree.write("usr/lib/systemd/system/tailrace-agent.service", own("tailrace-agent.service"));
  tree.write("usr/share/doc/tailrace-agent/examples/sudo.conf", own("sudo.conf"));
  tree.write("usr/share/doc/tailrace-agent/copyright", copyright(made.licences));
  tree.put("usr/share/man/man1/tailrace-agent.1.gz", (file) => writeFileSync(file, manual(made)), 0o644);
  tree.write("etc/tailrace/agent.toml", agentSettingsFile());
  const { kilobytes, md5sums } = tree.summary();
  tree.write("DEBIAN/md5sums", md5sums);
  tree.write("DEBIAN/conffiles", "/etc/tailrace/agent.toml\n");
  tree.write("DEBIAN/control", control(made, kilobytes));
  for (const name of SCRIPTS) tree.write(`DEBIAN/${name}`, own(name), 0o755);
  tree.setTimes(made.epoch_s);
  const level = made.compression_level ?? COMPRESSION_LEVEL;
  const compression = level === 0 ? ["-Znone"] : ["-Zxz", `-z${level}`];
  await run("dpkg-deb", ["--build", "--root-owner-group", ...compression, tree.folder, made.file], {
    // More threads cut the contents in other places.
    env: { ...process.env, SOURCE_DATE_EPOCH: String(made.epoch_s), DPKG_DEB_THREADS_MAX: "1" },
  });
}

/** Node needs these libraries in these versions; the rest is for what actions need. */
function control({ version, architecture }: DebianPackage, kilobytes: number): string {
  return `Package: tailrace-agent
Version: ${version}
Architecture: ${DEBIAN_ARCHITECTURE[architecture]}
Maintainer: The Tailrace authors <authors@tailrace.invalid>
Installed-Size: ${kilobytes}
Depends: libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 5.2), adduser
Recommends: bash, ca-certificates, openssh-client, python3 (>= 3.8), util-linux
Suggests: sudo
Section: admin
Priority: optional
Description: runs actions on this host for a Tailrace server
 The agent takes executions from its pool, runs them, masks secrets in their
 output, and sends the output to the server while it is written. It dials out
 only. The package needs no Node.js.
`;
}

/** Compressed as Debian's policy asks, and without a time, as by `gzip -9n`. */
function manual({ version }: DebianPackage): Uint8Array {
  return gzipSync(agentManPage(version), { level: 9 });
}

function copyright(licences: string): string {
  const own = readFileSync(join(ROOT, "LICENSE"), "utf8");
  return `Tailrace has the licence Apache-2.0.\n\n${own}\n${licences}`;
}

function own(name: string): string {
  return readFileSync(join(OWN, name), "utf8");
}
