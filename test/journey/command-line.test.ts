import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ARGUMENT_BYTES_MAX, START_BYTES_MAX } from "../../protocol/base/limits.ts";
import { receive } from "../support/reader.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { tree } from "../support/tree.ts";
import { startWorld, type World } from "../support/world.ts";

const PACKS = tree({
  "long/pack.yaml": "name: long\n",
  "long/actions/script.yaml": `
name: script
runner_type: local-shell-script
entry_point: script.sh
parameters:
  text: {type: string}
  more: {type: string, position: 0}
`,
  "long/actions/script.sh": `#!/bin/sh\nfor argument in "$@"; do printf "%s " "\${#argument}"; done\n`,
});

let world: World;
let sshd: Sshd | undefined;

beforeAll(async () => {
  if (HAS_SSHD) sshd = await Sshd.start();
  world = await startWorld({ agentArgs: ["--packs", PACKS] });
});
afterAll(async () => {
  await world.stop();
  sshd?.stop();
});

/** Runs an action to its end. Returns its result, for a remote run that of its host. */
async function run(action: string, parameters: Record<string, unknown>) {
  const { id } = await world.client.create({ action, parameters });
  await receive(world.client, id);
  const { status, result = {} } = await world.client.get(id);
  return { status, result: (result["127.0.0.1"] ?? result) as Record<string, unknown> };
}

/** A command of this many characters that tells how it was run. */
function longCommand(chars: number): string {
  const start = `text='`;
  const end = `'; echo "\${#text} $# \${0##*/}"; exit 7`;
  return start + "x".repeat(chars - start.length - end.length) + end;
}

const LENGTHS = [32 * 1024, ARGUMENT_BYTES_MAX, 140_000, 700_000];
const TERMINAL = [{ tty: false }, { tty: true }];

describe.each(TERMINAL)("a command line, in a terminal: $tty,", ({ tty }) => {
  it.each(LENGTHS)("of %i characters runs as a short one does", async (chars) => {
    const { status, result } = await run("core.local", { cmd: longCommand(chars), tty });
    expect({ status, code: result.return_code }).toEqual({ status: "failed", code: 7 });
    expect(result.stdout).toMatch(/^\d+ 0 bash$/);
    expect(Number.parseInt(String(result.stdout), 10)).toBeGreaterThan(chars - 100);
  });

  it.each(LENGTHS)("of %i characters runs on a remote host", { tags: SSHD_TAGS }, async (chars) => {
    const parameters = { ...sshd?.login, hosts: "127.0.0.1", cmd: longCommand(chars), tty };
    const { status, result } = await run("core.remote", parameters);
    expect({ status, code: result.return_code }).toEqual({ status: "failed", code: 7 });
    expect(Number.parseInt(String(result.stdout), 10)).toBeGreaterThan(chars - 100);
  });

  it("passes a script arguments that together are longer than one may be", async () => {
    const [text, more] = ["t".repeat(100_000), "m".repeat(100_000)];
    expect(await run("long.script", { text, more, tty })).toMatchObject({
      status: "succeeded",
      result: { stdout: expect.stringContaining("100007 100000") },
    });
  });
});

describe("a value that is too long to start a program", () => {
  it("is refused at creation: a variable, with its name and the bound", async () => {
    const env = { SHORT: "a", LONG: "x".repeat(200_000) };
    await expect(
      world.client.create({ action: "core.local", parameters: { cmd: "true", env } }),
    ).rejects.toThrow(
      `Parameter "env": the variable "LONG", with its name, has 200005 bytes; a program takes at most ${ARGUMENT_BYTES_MAX}.`,
    );
  });

  it.each(["text", "more"])("is refused at creation: the argument %s", async (name) => {
    const parameters = { [name]: "x".repeat(140_000) };
    await expect(world.client.create({ action: "long.script", parameters })).rejects.toThrow(
      `Parameter "${name}": its argument has ${name === "text" ? 140_007 : 140_000} bytes; a program takes at most ${ARGUMENT_BYTES_MAX}.`,
    );
  });

  it("fails the run if a template makes it", async () => {
    const env = { LONG: "{{ 'x' * 200000 }}" };
    expect(await run("core.local", { cmd: "true", env })).toMatchObject({
      status: "failed",
      result: { error: expect.stringContaining(`a program takes at most ${ARGUMENT_BYTES_MAX}.`) },
    });
  });

  it("fails the run if the variables are too long together", async () => {
    const names = Array.from({ length: 20 }, (_, at) => `V${at}`);
    const env = Object.fromEntries(names.map((name) => [name, "{{ 'x' * 60000 }}"]));
    expect(await run("core.local", { cmd: "true", env })).toMatchObject({
      status: "failed",
      result: { error: expect.stringContaining(`together; a program takes at most ${START_BYTES_MAX}.`) },
    });
  });

  it("fails the run if only the host refuses it, and the agent goes on", async () => {
    const far = { hosts: "127.0.0.1", username: "u".repeat(200_000), cmd: "true" };
    const { status, result } = await run("core.remote", far);
    expect({ status, error: String(result.error) }).toEqual({
      status: "failed",
      error: expect.stringContaining("longer than this host takes"),
    });
    expect(await run("core.local", { cmd: "echo on" })).toMatchObject({ result: { stdout: "on" } });
  });
});
