// @module-tag python3
// @module-tag python3-venv
import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { interpreterOf } from "../../agent/runners/interpreter.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { pythonOutcome, runs, write, writePythonPack } from "../support/python-pack.ts";
import { scratch, startWorld, type World } from "../support/world.ts";

let world: World;
const root = scratch();
const packs = join(root, "packs");
const go = join(root, "go");

const WHO = runs(
  "return [sys.prefix, sys.executable, os.environ.get('VIRTUAL_ENV'), os.environ['PATH'].split(':')[0]]",
);

/** A Python that is as old as it says. */
const OLD_PYTHON = `#!/bin/sh
exec python3 -c 'import runpy, sys
sys.version_info = (3, 7, 9, "final", 0)
sys.version = "3.7.9 (an old one)"
runpy.run_path(sys.argv[2], run_name="__main__")' "$@"
`;

beforeAll(async () => {
  writePythonPack(join(packs, "host"), {
    who: WHO,
    partial: runs(
      `
        print('10%', end='')
        while not os.path.exists(given['path']):
            time.sleep(0.01)
        print(' done')`,
      { path: { type: "string" } },
    ),
    bytes: runs(
      "sys.stdout.buffer.write(bytes(range(256))); print('\\udcff'); os.write(2, 'ü'.encode('latin-1'))",
    ),
    unicode: runs("print('漢🙂'); print('é', file=sys.stderr)"),
    stdin: runs("return sys.stdin.read()"),
    family: runs(`subprocess.call(['sh', '-c', 'echo child; sh -c "echo grandchild"']); print('self')`),
    environment: runs("return dict(os.environ)"),
    path: runs("return sys.path"),
  });
  writePythonPack(join(packs, "own"), { who: WHO });
  writePythonPack(join(packs, "st2"), { who: WHO });
  for (const place of [join(packs, "own", ".venv"), join(root, "virtualenvs", "st2")]) {
    execFileSync("python3", ["-m", "venv", "--without-pip", place]);
  }
  writePythonPack(join(packs, "old"), { who: WHO });
  write(join(packs, "old", ".venv", "bin", "python"), OLD_PYTHON, 0o755);
  writePythonPack(join(packs, "empty"), { who: WHO }, { ".venv/pyvenv.cfg": "" });
  world = await startWorld({ agentArgs: ["--packs", packs] });
});
afterAll(() => world.stop());

async function start(action: string, parameters: Record<string, unknown> = {}): Promise<string> {
  return (await world.client.create({ action, parameters })).id;
}

async function outcome(action: string, parameters: Record<string, unknown> = {}) {
  return pythonOutcome(world.client, await start(action, parameters));
}

describe.concurrent("the Python interpreter", () => {
  it("is the host's for a pack without a virtualenv", async ({ expect }) => {
    const { result } = await outcome("host.who");
    expect(result).toMatchObject([
      expect.not.stringContaining(root),
      expect.any(String),
      process.env.VIRTUAL_ENV ?? null,
      expect.any(String),
    ]);
  });

  it.each([
    ["own", join(packs, "own", ".venv")],
    ["st2", join(root, "virtualenvs", "st2")],
  ])("is the virtualenv's for the pack %s, also for the programs that it starts", async (pack, place) => {
    const { result } = await outcome(`${pack}.who`);
    expect(result).toEqual([place, join(place, "bin", "python"), place, join(place, "bin")]);
  });

  it("is refused with its version if it is too old", async ({ expect }) => {
    const { status, error, stderr } = await outcome("old.who");
    expect({ status, error }).toEqual({
      status: "failed",
      error: expect.stringMatching(/^Python actions need Python 3\.8 or later; .*python3.* is 3\.7\.9\.$/),
    });
    expect(stderr).toBe(error);
  });

  it("is not replaced by another if the virtualenv lacks it", async ({ expect }) => {
    const { status, error } = await outcome("empty.who");
    expect({ status, error }).toEqual({
      status: "failed",
      error: `The virtualenv ${join(packs, "empty", ".venv")} of the pack "empty" has no interpreter (not found: ${join(packs, "empty", ".venv/bin/python")}): make it again.`,
    });
  });

  it("is required on a host without one", () => {
    expect(() => interpreterOf({ folder: join(packs, "host"), ref: "host" }, scratch(), scratch())).toThrow(
      'There is no python3 on the PATH of the agent, and the pack "host" has no virtualenv: install Python 3.8 or later.',
    );
  });
});

describe.concurrent("an action's output", () => {
  it("is shown before its line ends", async ({ expect }) => {
    const id = await start("host.partial", { path: go });
    let seen = "";
    for await (const record of world.client.follow(id)) {
      if (!isChunk(record)) continue;
      seen += record.data;
      // The action waits for this, so the part was shown before.
      if (seen === "10%") writeFileSync(go, "");
    }
    expect(seen).toBe("10% done\n");
    expect(existsSync(go)).toBe(true);
  });

  it("has the bytes that were written, text or not", async ({ expect }) => {
    const id = await start("host.bytes");
    await pythonOutcome(world.client, id);
    const stdout = await world.client.output(id, { type: "stdout" });
    const bytes = Buffer.from(await stdout.arrayBuffer());
    expect(bytes).toEqual(Buffer.from([...Array(256).keys(), 0xff, 0x0a]));
    const stderr = await world.client.output(id, { type: "stderr" });
    expect(Buffer.from(await stderr.arrayBuffer())).toEqual(Buffer.from([0xfc]));
  });

  it("is UTF-8 in every locale", async ({ expect }) => {
    expect(await outcome("host.unicode", { env: { LC_ALL: "C", LANG: "C" } })).toMatchObject({
      stdout: "漢🙂",
      stderr: "é",
    });
  });

  it("includes the output of its children and theirs, in order", async ({ expect }) => {
    expect((await outcome("host.family")).stdout).toBe("child\ngrandchild\nself");
  });
});

describe.concurrent("an action's environment", () => {
  it("has StackStorm's variables, and the user's except PYTHONPATH", async ({ expect }) => {
    const env = {
      GREETING: "hello",
      PYTHONPATH: "/forged",
      pythonpath: "/forged",
      ST2_ACTION_PACK_NAME: "forged",
      TAILRACE_JOB_SOCKET: "forged",
    };
    const id = await start("host.environment", { env, debug: true });
    const seen = (await pythonOutcome(world.client, id)).result as Record<string, string>;
    expect(seen).toMatchObject({
      GREETING: "hello",
      ST2_ACTION_PACK_NAME: "host",
      ST2_ACTION_EXECUTION_ID: id,
      ST2_ACTION_API_URL: `${world.server.url}/api/v1`,
      ST2_API_URL: `${world.server.url}/api/v1`,
      ST2_ACTION_DEBUG: "True",
    });
    expect(Object.entries(seen).filter(([, value]) => value === "/forged")).toEqual([]);
    expect(
      Object.keys(seen)
        .filter((name) => name.startsWith("TAILRACE_"))
        .sort(),
    ).toEqual(["TAILRACE_JOB_SOCKET", "TAILRACE_RUN"]);
    expect(seen.TAILRACE_JOB_SOCKET).not.toBe("forged");
  });

  it("has an empty stdin", async ({ expect }) => {
    expect(await outcome("host.stdin")).toMatchObject({ status: "succeeded", result: "" });
  });

  it("keeps the agent's own modules out of the action's path", async ({ expect }) => {
    const paths = (await outcome("host.path")).result as string[];
    expect(paths.filter((path) => path.endsWith("agent/python"))).toEqual([]);
    expect(paths.slice(-2)).toEqual(
      [join(packs, "host", "actions"), expect.stringMatching(/fallbacks$/)].reverse(),
    );
  });
});
