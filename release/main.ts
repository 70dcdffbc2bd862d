// `npm run release`: makes what is released, in `dist/`. `-- --dist DIR` names another folder, `--only NAME,NAME` runs some steps.
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { failureText, openSentence } from "../protocol/base/failure-text.ts";
import { VERSION } from "../protocol/base/version.ts";
import { writeChecksums } from "./checksums.ts";
import { copyContainer } from "./container.ts";
import { makeDebianPackages } from "./debian.ts";
import { epochSeconds } from "./epoch.ts";
import { makeExecutables } from "./executable.ts";
import { makePackage } from "./package.ts";
import { writeSbom } from "./sbom.ts";
import { addState } from "./state.ts";
import type { Release, Step } from "./step.ts";

/** In this order. */
const STEPS: Step[] = [
  { name: "package", run: makePackage },
  { name: "executables", run: makeExecutables },
  { name: "debian", run: makeDebianPackages },
  { name: "container", run: copyContainer },
  { name: "sbom", run: writeSbom },
  { name: "checksums", run: writeChecksums },
  { name: "state", run: addState },
];

try {
  await makeRelease();
} catch (error) {
  process.stderr.write(`\nNo release: ${openSentence(failureText(error))}.\n`);
  process.exitCode = 1;
}

async function makeRelease(): Promise<void> {
  const { values } = parseArgs({
    options: { dist: { type: "string", default: "dist" }, only: { type: "string" } },
  });
  const steps = chosenSteps(values.only?.split(","));
  const release: Release = {
    version: VERSION,
    dist: resolve(values.dist),
    work: mkdtempSync(join(tmpdir(), "tailrace-release-")),
    epoch_s: epochSeconds(),
    bundled: new Set(),
  };
  process.once("exit", () => rmSync(release.work, { recursive: true, force: true }));
  rmSync(release.dist, { recursive: true, force: true });
  mkdirSync(release.dist, { recursive: true });
  for (const [at, { name, run }] of steps.entries()) {
    process.stderr.write(`${at + 1}/${steps.length} ${name} … `);
    const begun_at = performance.now();
    await run(release);
    process.stderr.write(`${((performance.now() - begun_at) / 1000).toFixed(1)} s\n`);
  }
}

function chosenSteps(only: readonly string[] | undefined): Step[] {
  const unknown = only?.filter((name) => !STEPS.some((step) => step.name === name)) ?? [];
  if (unknown.length > 0) {
    throw new Error(`no step ${unknown.join(", ")}; there are ${STEPS.map(({ name }) => name).join(", ")}`);
  }
  return STEPS.filter(({ name }) => only?.includes(name) ?? true);
}
