import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VERSION } from "../../protocol/base/version.ts";
import { AGENT_RUNNERS } from "../../protocol/model/action.ts";
import { bareEnvironment } from "../support/command-line.ts";
import { ROOT, scratch, startWorld, until, type World } from "../support/world.ts";

const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** The code blocks of a language, as printed. */
function blocks(language: string): string[] {
  return [...README.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))].map(
    ([, text]) => text ?? "",
  );
}

let world: World;
let folder: string;
beforeAll(async () => {
  world = await startWorld();
  // A user's folder: the checkout with a running server, whose settings are where `tailrace start` puts them.
  folder = scratch();
  mkdirSync(join(folder, ".tailrace"));
  for (const name of ["node_modules", "cli", "protocol", "agent", "package.json"])
    symlinkSync(join(ROOT, name), join(folder, name));
  // The command as an installation has it: `test/release/installed.test.ts` has a real one.
  const program = join(folder, "bin/tailrace");
  mkdirSync(join(folder, "bin"));
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, "cli/main.ts")}" "$@"\n`);
  chmodSync(program, 0o755);
  const settings = `export TAILRACE_URL='${world.server.url}'\nexport TAILRACE_API_KEY='${world.server.apiKey}'\n`;
  writeFileSync(join(folder, ".tailrace", "env"), settings, { mode: 0o600 });
});
afterAll(() => world.stop());

function shell(command: string) {
  const path = `${join(folder, "bin")}:${join(ROOT, "node_modules/.bin")}:${process.env.PATH}`;
  return spawnSync("/bin/bash", ["-ec", command], {
    cwd: folder,
    encoding: "utf8",
    env: {
      ...bareEnvironment(folder),
      PATH: path,
      npm_config_cache: process.env.npm_config_cache ?? join(process.env.HOME ?? "", ".npm"),
    },
  });
}

describe("the README", () => {
  it("shows commands that work as printed", () => {
    const commands = blocks("sh").filter((block) =>
      /^tailrace (execution list|run examples\.count_command)/m.test(block),
    );
    expect(commands).toHaveLength(2);
    for (const command of commands.join("").trim().split("\n")) {
      const { status, stderr, stdout } = shell(command);
      expect({ command, status, stderr, stdout }).toMatchObject({ status: 0 });
    }
    expect(readFileSync(join(folder, "output.log"), "utf8").length).toBeGreaterThan(0);
    // One program for each command, one after another.
  }, 240_000);

  it("calls the command npx tailrace in a checkout", () => {
    expect(README).toContain("`npx tailrace`");
    expect(shell("npx tailrace --version")).toMatchObject({ status: 0, stdout: `${VERSION}\n` });
  });

  it("shows a curl that prints the output live", { tags: "curl" }, () => {
    const [block = ""] = blocks("sh").filter((text) => text.includes("curl -N"));
    const { stdout, status } = shell(block.replace("count=50", "count=5 sleep_delay=0.1"));
    expect(status).toBe(0);
    expect(stdout).toContain("stderr line 1\nstdout line 2\nstderr line 3\nstdout line 4\nstderr line 5\n");
  });

  it.each([
    ["EventSource", "stdout stdout line 2\n"],
    ["WebSocket", "ended succeeded 0\n"],
  ])("shows an %s that works as printed", async (name, expected) => {
    const [block = ""] = blocks("js").filter((text) => text.includes(`new ${name}(`));
    const script = block
      .replace("http://127.0.0.1:7171", world.server.url)
      .replace("the key in .tailrace/env", world.server.apiKey);
    await world.client.create({ action: "examples.count", parameters: { count: 4, sleep_delay: 0.1 } });
    const child = spawn(process.execPath, ["--experimental-eventsource", "--no-warnings", "-e", script], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let printed = "";
    for (const pipe of [child.stdout, child.stderr])
      pipe.setEncoding("utf8").on("data", (text: string) => (printed += text));
    // The program ends when the EventSource is closed or the server has closed the WebSocket.
    const [code] = await once(child, "close");
    expect(printed).toContain(expected);
    expect(code).toBe(0);
  });

  it("names exactly the runners", async () => {
    const named = [...README.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, runner]) => runner);
    const runners = (await world.client.runnerTypes()).map(({ name }) => name);
    expect(named.toSorted()).toEqual(runners.toSorted());
    await until(
      "an agent has them",
      async () => (await world.client.agents())[0]?.runners.length === AGENT_RUNNERS.length,
    );
  });

  it("names existing scripts", () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
    for (const [, script = ""] of README.matchAll(
      /`npm (?:run )?(test|check|bench|dev|deploy|demo|release)\b/g,
    )) {
      expect(scripts).toHaveProperty(script);
    }
  });
});
