import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { ROOT } from "../cli/base/root.ts";
import { RUNTIME_PACKAGES } from "./package/manifest.ts";
import type { Release } from "./step.ts";

/** The largest answer of npm: it lists the tools of the checkout too. */
const SBOM_BYTES_MAX = 16 * 1024 * 1024;

/** The package whose version is that of the Node in the executables. */
const NODE = "node_modules/node";

/** What is read and changed of npm's answer. */
interface Sbom {
  serialNumber?: string;
  metadata: { timestamp: string; component: { type: string; name: string; "bom-ref": string } };
  components: { "bom-ref": string }[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/** Writes the CycloneDX list of the packages that are bundled, of those that npm installs with the package, and of the executables' Node. */
export async function writeSbom({ version, dist, epoch_s, bundled }: Release): Promise<void> {
  const options = ["--sbom-format", "cyclonedx", "--package-lock-only"];
  const { stdout } = await promisify(execFile)("npm", ["sbom", ...options], {
    cwd: ROOT,
    maxBuffer: SBOM_BYTES_MAX,
  });
  const { serialNumber: _, ...sbom }: Sbom = JSON.parse(stdout);
  const { metadata } = sbom;
  const own = metadata.component["bom-ref"];
  const kept = new Set([own, ...[...bundled, NODE].map(referenceOf), ...installed(sbom)]);
  const text = JSON.stringify(
    {
      ...sbom,
      metadata: {
        ...metadata,
        timestamp: new Date(epoch_s * 1000).toISOString(),
        component: { ...metadata.component, type: "application", name: "tailrace" },
      },
      components: sbom.components.filter((component) => kept.has(component["bom-ref"])),
      dependencies: sbom.dependencies
        .filter(({ ref }) => kept.has(ref))
        .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((to) => kept.has(to)) })),
    },
    null,
    1,
  );
  writeFileSync(join(dist, `tailrace-${version}.cdx.json`), `${text}\n`);
}

/** A bundled package, as npm's list refers to it. */
function referenceOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
  return `${name}@${version}`;
}

/** The packages that npm installs with the package, and what these need. */
function installed({ components, dependencies }: Sbom): string[] {
  const needs = new Map(dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const found = new Set(
    components
      .map((component) => component["bom-ref"])
      .filter((ref) => RUNTIME_PACKAGES.some((name) => ref.startsWith(`${name}@`))),
  );
  // A set that grows while it is walked: its later members are walked too.
  for (const ref of found) for (const to of needs.get(ref) ?? []) found.add(to);
  return [...found];
}
