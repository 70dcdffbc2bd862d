import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { SERVER_SETTINGS } from "../../cli/settings/server-settings.ts";
import { AGENT_SETTINGS } from "../../protocol/settings/agent.ts";
import { bareEnvironment, runCommandLine } from "../support/command-line.ts";
import { expectTelling } from "../support/messages.ts";
import { scratch } from "../support/world.ts";

describe("tailrace config", () => {
  it("shows each setting with its value and source, and no secret", async () => {
    const folder = scratch();
    writeFileSync(join(folder, "tailrace.toml"), "output_ttl_days = 3\n");
    writeFileSync(join(folder, "agent.toml"), 'slots = 8\nlabels = ["gpu=a100"]\n');
    const env = {
      ...bareEnvironment(),
      TAILRACE_API_KEY: "tr_secret",
      TAILRACE_SERVER_PORT: "8080",
      TAILRACE_AGENT_CONFIG: join(folder, "agent.toml"),
      TAILRACE_AGENT_POOL: "gpu",
    };
    const args = ["config", "--url", "http://localhost:1", "--state", folder, "--json"];
    const { stdout, code } = await runCommandLine(args, { env, cwd: folder });
    expect(code).toBe(0);
    const rows: { part: string; setting: string; value: unknown; from: string }[] = JSON.parse(stdout);
    const named = Object.fromEntries(
      rows.map(({ part, setting, value, from }) => [`${part}.${setting}`, [value, from]]),
    );
    expect(named).toMatchObject({
      "client.url": ["http://localhost:1", "flag"],
      "client.key": ["(hidden)", "environment"],
      "agent.key": ["(hidden)", "TAILRACE_API_KEY"],
      "agent.slots": [8, `slots in ${join(folder, "agent.toml")}`],
      "agent.labels": [["gpu=a100"], `labels in ${join(folder, "agent.toml")}`],
      "agent.pool": ["gpu", "TAILRACE_AGENT_POOL"],
      "agent.state": [".tailrace/agent", "default"],
      "server.port": [8080, "TAILRACE_SERVER_PORT"],
      "server.output_ttl_days": [3, `output_ttl_days in ${join(folder, "tailrace.toml")}`],
      "server.host": ["127.0.0.1", "default"],
    });
    expect(stdout).not.toContain("tr_secret");
    const settings = (part: string) => rows.filter((row) => row.part === part).map(({ setting }) => setting);
    expect(settings("agent")).toEqual(Object.keys(AGENT_SETTINGS));
    expect(settings("server")).toEqual(Object.keys(SERVER_SETTINGS));
    expect(settings("client")).toEqual(["config", "url", "key"]);
  });

  it("works where nothing is set, and reports a file that it cannot read", async () => {
    const cwd = scratch();
    const ran = await runCommandLine(["config", "client"], { env: bareEnvironment(), cwd });
    expect(ran).toMatchObject({ code: 0, stdout: expect.stringContaining("nothing gives it") });
    const named = { ...bareEnvironment(), TAILRACE_URL: "https://ann:swordfish@a.example.com" };
    const shown = await runCommandLine(["config", "--json"], { env: named, cwd });
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('"https://a.example.com"') });
    expect(shown.stdout).not.toContain("swordfish");
    writeFileSync(join(cwd, "bad.toml"), "prot = 1\n");
    const bad = await runCommandLine(["config", "server", "--config", "bad.toml"], {
      env: bareEnvironment(),
      cwd,
    });
    expectTelling(bad.stderr);
    expect(bad).toMatchObject({ code: 2, stderr: expect.stringContaining("there is no setting prot") });
  });
});
