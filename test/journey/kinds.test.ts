import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { receive } from "../support/reader.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { ROOT, startWorld, type World } from "../support/world.ts";

const PACK = join(ROOT, "test/fixtures/packs/kinds");
const MISSING =
  'Unable to execute. Action "kinds.flow" needs the runner "orquesta", which Tailrace does not have. Write the workflow as an action-chain, or run it in StackStorm.';

let world: World;
let sshd: Sshd | undefined;
beforeAll(async () => {
  if (HAS_SSHD) sshd = await Sshd.start();
  world = await startWorld({ agentArgs: ["--packs", PACK] });
});
afterAll(async () => {
  await world.stop();
  sshd?.stop();
});

/** Runs an action of the pack to its end: its status, its result, and the text that it printed. */
async function run(name: string, parameters: Record<string, unknown> = {}) {
  const { id } = await world.client.create({ action: `kinds.${name}`, parameters });
  await receive(world.client, id);
  const { status, result = {} } = await world.client.get(id);
  return { status, result, text: await (await world.client.output(id)).text() };
}

const far = () => ({ hosts: "127.0.0.1", ...sshd?.login });

describe("a pack in StackStorm's layout", () => {
  it("runs a command that a template makes", async () => {
    expect(await run("command", { name: "Ada" })).toMatchObject({
      status: "succeeded",
      text: "Hello, ADA\n",
      result: { succeeded: true, failed: false, return_code: 0, stdout: "Hello, ADA", stderr: "" },
    });
    expect((await run("command")).text).toBe("Hello, ADMIN\n");
  });

  it("runs a script with an argument of each type, those by name first", async () => {
    const { status, text } = await run("script", { text: "two words" });
    expect({ status, text }).toEqual({
      status: "succeeded",
      text: "[--named=by name]\n[two words]\n[3]\n[1]\n[a,b]\n",
    });
  });

  it("runs a Python action that imports a module of the pack", async () => {
    expect(await run("python", { text: "up" })).toMatchObject({
      status: "succeeded",
      text: "to be shouted: up\n",
      result: { result: { text: "UP!", greeting: "Hello" }, exit_code: 0 },
    });
  });

  it("runs a chain that hands on parts of an answer, and prints what its tasks print", async () => {
    const { status, text, result } = await run("chain");
    expect({ status, text }).toEqual({
      status: "succeeded",
      text: "to be shouted: web1 is up\nHello, WEB1 IS UP!\n",
    });
    expect(result).toMatchObject({
      tasks: [
        { name: "ask", result: { result: { status_code: 200, body: { url: "http://127.0.0.1/hosts" } } } },
        { name: "shout", result: { result: { text: "WEB1 IS UP!" } } },
        { name: "tell", result: { stdout: "Hello, WEB1 IS UP!" } },
      ],
      published: { host: "web1" },
    });
  });

  it("runs a command on another host", { tags: SSHD_TAGS }, async () => {
    expect(await run("far_command", far())).toMatchObject({
      status: "succeeded",
      text: "far command\n",
      result: { "127.0.0.1": { succeeded: true, stdout: "far command" } },
    });
  });

  it("runs a script on another host, its library beside it", { tags: SSHD_TAGS }, async () => {
    expect(await run("far_script", { word: "far", ...far() })).toMatchObject({
      status: "succeeded",
      text: "far script\n",
      result: { "127.0.0.1": { succeeded: true, stdout: "far script" } },
    });
  });

  it("lists an action of a runner that is missing, and says what is missing when it is run", async () => {
    const env = userEnvironment(world);
    const list = await runCommandLine(["action", "list"], { env });
    expect(list.stdout).toMatch(
      /kinds\.flow +│ default │ orquesta \(not run here\) │ A workflow of a runner that is missing\./,
    );
    const got = await runCommandLine(["action", "get", "kinds.flow", "--json"], { env });
    expect(JSON.parse(got.stdout)).toMatchObject({ runner_type: "orquesta", parameters: { count: {} } });
    const refused = await runCommandLine(["run", "kinds.flow"], { env });
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain(MISSING.replace(/\.$/, ""));
    expect(refused.stderr).toContain("(runner_missing)");
  });

  it("is valid, with a notice of what is not run here", async () => {
    const { code, stdout } = await runCommandLine(["pack", "validate", PACK], { env: process.env });
    expect(stdout).toBe(
      `kinds  1.0.0  8 actions  ${PACK}\n${PACK}: not run here, as the runner orquesta is missing: flow. Write the workflow as an action-chain, or run it in StackStorm.\nvalid\n`,
    );
    expect(code).toBe(0);
  });
});
