import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadPacks } from "../../agent/packs/load.ts";
import { ROOT, scratch } from "../support/world.ts";

describe("packs", () => {
  it("that are built in load without a problem", () => {
    const { actions, problems } = loadPacks(
      ["core", "examples"].map((name) => join(ROOT, "agent/packs", name)),
    );
    expect(problems).toEqual([]);
    expect(actions.map(({ pack, name }) => `${pack}.${name}`)).toEqual([
      "core.local",
      "core.local_sudo",
      "examples.count",
      "examples.greet",
    ]);
  });

  it("report a bad file by path, line and reason, and load the rest", () => {
    const folder = join(scratch(), "mine");
    mkdirSync(join(folder, "actions"), { recursive: true });
    writeFileSync(join(folder, "pack.yaml"), "name: mine\n");
    writeFileSync(
      join(folder, "actions", "good.yaml"),
      "name: good\nrunner_type: local-shell-script\nentry_point: good.sh\n",
    );
    writeFileSync(join(folder, "actions", "good.sh"), "");
    writeFileSync(join(folder, "actions", "syntax.yaml"), "name: x\nrunner_type: [\n");
    writeFileSync(join(folder, "actions", "runner.yaml"), "name: y\nrunner_type: remote-brain\n");
    const { actions, packs, problems } = loadPacks([folder]);
    expect(actions.map(({ name }) => name)).toEqual(["good"]);
    expect(packs.get("mine")?.folder).toBe(folder);
    expect(problems).toHaveLength(2);
    expect(problems[0]).toMatch(/runner\.yaml: runner_type: /);
    expect(problems[1]).toMatch(/syntax\.yaml:\d+: /);
  });
});
