import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AGENT_SETTINGS } from "../../protocol/settings/agent.ts";
import { ROOT, scratch } from "../support/world.ts";

function agent(args: string[], env: Record<string, string> = { TAILRACE_API_KEY: "tr_x" }) {
  return spawnSync(process.execPath, ["agent/main.ts", ...args], { cwd: ROOT, env, encoding: "utf8" });
}

describe("the agent's command line", () => {
  it.each([
    [["--state", "x"], "--url is missing"],
    [["--url", "nonsense", "--state", "x"], "--url is not a URL"],
    [["--url", "http://127.0.0.1:1"], "--state is missing"],
    [
      ["--url", "http://127.0.0.1:1", "--state", "x", "--slots", "many"],
      '--slots: give a whole number from 1 to 256, not "many"',
    ],
    [
      ["--url", "http://127.0.0.1:1", "--state", "x", "--label", "gpu"],
      "--label: a label is NAME=VALUE, not gpu.",
    ],
    [
      ["--url", "http://127.0.0.1:1", "--state", "x", "--label", "g p=1"],
      "--label: a label has letters, digits and . _ / -",
    ],
    [["--urk", "x"], "Unknown option '--urk'"],
    [["--url", "http://127.0.0.1:1", "--state", "x", "--name", ""], "--name: an agent's name has 1 to 128"],
    [
      ["--url", "http://127.0.0.1:1", "--state", "x", "--name", "n".repeat(129)],
      "--name: an agent's name has 1 to 128",
    ],
    [
      ["--url", "http://127.0.0.1:1", "--state", "x", "--pool", "two words"],
      "--pool: a name has up to 128 letters, digits and . _ -",
    ],
    [["--url", "http://127.0.0.1:1", "--state", "x", "--pool", ""], "--pool: a name has up to 128 letters"],
  ])("%j: reports the mistake and exits with 2", (args, text) => {
    const { status, stderr } = agent(args);
    expect(status).toBe(2);
    expect(stderr).toContain(text);
    expect(stderr).toContain("--help");
  });

  it("takes its key from the environment and has no flag for it", () => {
    const { status, stderr } = agent(["--url", "http://127.0.0.1:1", "--state", scratch()], {});
    expect(status).toBe(2);
    expect(stderr).toContain("TAILRACE_API_KEY is not set");
    expect(agent(["--help"]).stdout).not.toMatch(/--key\b(?!-file)/);
  });

  it("takes its settings from the file that it is told, and its key from the file that this names", () => {
    const folder = scratch();
    const file = join(folder, "agent.toml");
    const settings = `url = "http://127.0.0.1:1"\nkey_file = "${join(folder, "pool.key")}"\n`;
    writeFileSync(file, settings);
    expect(agent(["--config", file, "--state", folder], {})).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/^There is no key: ENOENT: .*pool\.key': the agent registers/),
    });
    writeFileSync(file, `${settings}slots = 0\n`);
    for (const { status, stderr } of [
      agent(["--config", file, "--state", folder]),
      agent(["--state", folder], { TAILRACE_AGENT_CONFIG: file }),
    ])
      expect({ status, stderr }).toEqual({
        status: 2,
        stderr: `slots in ${file}: give a whole number from 1 to 256, not 0. See: tailrace agent --help\n`,
      });
    expect(agent(["--config", join(folder, "none"), "--state", folder]).stderr).toMatch(
      /^--config: the settings file cannot be read: ENOENT/,
    );
  });

  it("lists every option in its help", () => {
    const { stdout } = agent(["-h"]);
    for (const { flag } of Object.values(AGENT_SETTINGS)) expect(stdout).toContain(flag ?? "");
    expect(stdout).toContain("--config FILE");
  });
});
