import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
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
      "--slots is a whole number from 1 to 256",
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
    expect(
      execFileSync(process.execPath, ["agent/main.ts", "--help"], { cwd: ROOT, encoding: "utf8" }),
    ).not.toMatch(/--key\b/);
  });
});
