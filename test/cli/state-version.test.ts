import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import * as agent from "../../agent/state/version.ts";
import * as server from "../../cli/server/state-version.ts";
import { bareEnvironment } from "../support/command-line.ts";
import { ROOT, scratch } from "../support/world.ts";

/** The names, contents and times of all files in a folder. */
function contents(folder: string) {
  return readdirSync(folder).map((name) => {
    const file = join(folder, name);
    return [name, readFileSync(file, "utf8"), statSync(file).mtimeMs];
  });
}

/** A state folder with the version of a release. */
function stateOf(version: number): string {
  const state = join(scratch(), "state");
  mkdirSync(state);
  writeFileSync(join(state, "version"), `${version}\n`);
  return state;
}

const env = { ...bareEnvironment(), TAILRACE_API_KEY: "tr_x" };

describe.each([
  {
    program: "a server",
    newer: server.STATE_VERSION + 1,
    words: (state: string) => ["cli/main.ts", "start", "--port", "0", "--state", state],
  },
  {
    program: "an agent",
    newer: agent.STATE_VERSION + 1,
    words: (state: string) => ["agent/main.ts", "--url", "http://127.0.0.1:1", "--state", state],
  },
])("$program", ({ newer, words }) => {
  it("refuses a state folder of a later release, and does not change it", () => {
    const state = stateOf(newer);
    const before = contents(state);
    const { status, stderr } = spawnSync(process.execPath, words(state), {
      cwd: ROOT,
      env,
      encoding: "utf8",
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain(`The state folder ${state} was written by a later release of`);
    expect(stderr).not.toContain("    at ");
    expect(contents(state)).toEqual(before);
  });
});

describe("an agent's folder", () => {
  it("is refused by releases whose spools have no epoch, as they would misread it", () => {
    const last_without_epochs = 2;
    expect(agent.STATE_VERSION).toBeGreaterThan(last_without_epochs);
  });

  it("has a version once it is in use", () => {
    const state = stateOf(1);
    for (let start = 0; start < 2; start++) {
      agent.checkState(state);
      agent.noteState(state);
    }
    expect(readFileSync(join(state, "version"), "utf8")).toBe(`${agent.STATE_VERSION}\n`);
  });
});
