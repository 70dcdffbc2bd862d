import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT, scratch } from "../support/world.ts";

/** A wrangler that notes its calls, and fails in the one that the environment names. */
const NOTES = `#!/bin/sh
echo "$1 $2" >> calls
case "$1 $2" in "$FAILS") exit 1;; esac
`;

/** Runs `npm run deploy` with programs that only note their calls: a deployment needs an account. */
function deploy(folder: string, fails = "nothing") {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const bin = join(folder, "node_modules/.bin");
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ scripts: { ...scripts, build: "true" } }));
  writeFileSync(join(bin, "wrangler"), NOTES, { mode: 0o755 });
  const { status } = spawnSync("npm", ["run", "deploy"], {
    cwd: folder,
    env: { ...process.env, FAILS: fails },
  });
  return { status, calls: readFileSync(join(folder, "calls"), "utf8").trim().split("\n") };
}

describe("deploying", () => {
  it("applies the migrations before the Worker, and stops at a failure", () => {
    const folder = scratch();
    const failed = deploy(folder, "d1 migrations");
    expect(failed.status).not.toBe(0);
    expect(failed.calls).toEqual(["d1 migrations"]);
    const again = deploy(folder);
    expect(again.status).toBe(0);
    expect(again.calls.slice(1)).toEqual(["d1 migrations", "deploy"]);
  });

  it("is possible with the configuration: wrangler builds the Worker, with each object and each setting", () => {
    const folder = scratch();
    for (const name of ["wrangler.toml", "src", "protocol", "migrations", "package.json"])
      cpSync(join(ROOT, name), join(folder, name), { recursive: true });
    mkdirSync(join(folder, "web/dist"), { recursive: true });
    writeFileSync(join(folder, "web/dist/index.html"), "");
    const modules = join(ROOT, "node_modules");
    spawnSync("ln", ["-s", modules, join(folder, "node_modules")]);
    const { status, stdout, stderr } = spawnSync(
      join(modules, ".bin/wrangler"),
      ["deploy", "--dry-run", "--outdir", "out"],
      {
        cwd: folder,
        env: { ...process.env, WRANGLER_SEND_METRICS: "false", HOME: folder },
        encoding: "utf8",
      },
    );
    expect({ status, stderr }).toMatchObject({ status: 0 });
    for (const binding of ["EXECUTION", "RUNNER_POOL", "RELAY", "INDEX", "OUTPUT_TTL_DAYS"])
      expect(stdout).toContain(`env.${binding}`);
    expect(existsSync(join(folder, "out/worker.js"))).toBe(true);
  });

  it("keeps the classes of earlier releases: a step is added, in a release of its own", () => {
    const text = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
    const steps = [...text.matchAll(/^tag = "(\w+)"\nnew_sqlite_classes = (.+)$/gm)];
    expect(
      steps.map(([, tag, classes]) => `${tag} ${classes}`),
      "docs/deploy.md#rolling-back",
    ).toEqual([
      'v1 ["Execution", "RunnerPool"]',
      'v2 ["EventHub"]',
      'v3 ["Credential"]',
      'v4 ["TemplateEngine"]',
      'v5 ["Relay"]',
    ]);
  });
});
