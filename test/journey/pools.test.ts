import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Ran, runCommandLine, userEnvironment } from "../support/command-line.ts";
import { tree } from "../support/tree.ts";
import { afterTest, startWorld, TestAgent, until, type World } from "../support/world.ts";

/** An action that prints its place, as the host's own pack states it. */
const where = (name: string, place: string, tags = "[]") => `
name: ${name}
runner_type: local-shell-cmd
tags: ${tags}
parameters:
  cmd: {immutable: true, default: "echo ${name} in ${place}"}
`;

const PACKS = tree({
  "web/deploy/pack.yaml": "ref: deploy\nname: Deploy\nversion: 1.0.0\n",
  "web/deploy/actions/site.yaml": where("site", "web"),
  "web/shared/pack.yaml": "ref: shared\nname: Shared\n",
  "web/shared/actions/here.yaml": where("here", "web"),
  "gpu/train/pack.yaml": "ref: train\nname: Train\nversion: 2.0.0\n",
  "gpu/train/actions/model.yaml": where("model", "gpu", '[{name: tailrace.labels, value: "gpu=a100"}]'),
  "gpu/shared/pack.yaml": "ref: shared\nname: Shared\n",
  "gpu/shared/actions/here.yaml": where("here", "gpu"),
  "other/extra/pack.yaml": "ref: extra\nname: Extra\n",
  "other/extra/actions/here.yaml": where("here", "other"),
});

let world: World;
let env: NodeJS.ProcessEnv;
let gpu: TestAgent;

/** A real agent in a pool, with a key of that pool. */
async function agentIn(pool: string, ...args: string[]): Promise<TestAgent> {
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool });
  return new TestAgent(world.server.url, key, ["--pool", pool, ...args]).start().ready();
}

beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--packs", join(PACKS, "web")] });
  env = userEnvironment(world);
  gpu = await agentIn("gpu", "--packs", join(PACKS, "gpu"), "--label", "gpu=a100", "--slots", "1");
});
afterAll(async () => {
  await gpu?.stop();
  await world.stop();
});

const tailrace = (...args: string[]): Promise<Ran> => runCommandLine(args, { env });

/** The output of a run to its end. */
async function outputOf(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await tailrace("run", ...args, "--tail");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("two pools", () => {
  it("run the actions of their own packs", async () => {
    expect(await outputOf("deploy.site")).toContain("site in web");
    expect(await outputOf("train.model")).toContain("model in gpu");
    expect(await outputOf("shared.here")).toContain("here in web");
    expect(await outputOf("shared.here", "--pool", "gpu")).toContain("here in gpu");
  });

  it("are named in lists, and each has its own lists", async () => {
    const { stdout: packs } = await tailrace("pack", "list", "--pool", "gpu", "--json");
    expect(JSON.parse(packs)).toEqual(
      expect.arrayContaining([expect.objectContaining({ ref: "train", pool: "gpu", version: "2.0.0" })]),
    );
    expect(packs).not.toContain("deploy");
    const { stdout: actions } = await tailrace("action", "list");
    expect(actions).toMatch(/train\.model\s+│ gpu\s/);
    const { stdout: executions } = await tailrace("execution", "list", "--pool", "gpu", "--json");
    for (const { pool } of JSON.parse(executions)) expect(pool).toBe("gpu");
  });

  it("are both named when both have an action and neither is the default", async () => {
    const more = await agentIn("extra-1", "--packs", join(PACKS, "other"));
    afterTest(() => more.stop());
    expect(await outputOf("extra.here")).toContain("here in other");
    const again = await agentIn("extra-2", "--packs", join(PACKS, "other"));
    afterTest(() => again.stop());
    const refused = await tailrace("run", "extra.here");
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain("offered by several pools: extra-1, extra-2. Name one (ambiguous_pool)");
    expect(await outputOf("extra.here", "--pool", "extra-2")).toContain("here in other");
  });
});

describe("a waiting run", () => {
  it("shows the reason on the command line, and starts when the reason has gone", async () => {
    const waiting = tailrace("run", "deploy.site", "--label", "zone=eu", "--tail");
    const { id } = await until("it waits", async () => {
      const found = await world.client.list({ action: "deploy.site", status: "requested" });
      return found[0];
    });
    const reason = "no agent in pool default that has pack deploy has label zone=eu";
    await until("the document says so", async () => (await world.client.get(id)).waiting?.reason === reason);
    const { stdout } = await tailrace("execution", "get", id);
    expect(stdout).toContain(`waiting: ${reason} (since `);
    expect(stdout).toContain("pool: default, on an agent with zone=eu");
    const labelled = await agentIn("default", "--packs", join(PACKS, "web"), "--label", "zone=eu");
    afterTest(() => labelled.stop());
    const ran = await waiting;
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("site in web");
  });

  it("shows the reason before an agent comes, if it waits for long enough", async () => {
    const { code, stderr } = await tailrace(
      ...["run", "train.model", "--label", "gpu=h100", "--queue-timeout", "3", "--tail"],
    );
    const reason = "no agent in pool gpu that has pack train has label gpu=h100";
    expect(stderr).toBe(`waiting: ${reason}\n`);
    expect(code).toBe(124);
    const { result } = await world.client.get("last");
    expect(result?.error).toBe(`It waited 3 seconds in the queue: ${reason}.`);
  });

  it.each([
    [["--label", "gpu"], "--label: a label is NAME=VALUE, not gpu."],
    [["--queue-timeout", "0"], "It must be a number of seconds, 1 or more."],
  ])("with %j is refused with the reason", async (args, text) => {
    const { code, stderr } = await tailrace("run", "deploy.site", ...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(text);
  });
});

describe("a limit", () => {
  it("on waiting executions is reported with its setting", async () => {
    const limited = await startWorld({ vars: { USER_WAITING_MAX: 1 } });
    afterTest(limited.stop);
    const labels = { nowhere: "1" };
    await limited.client.create({ action: "core.local", parameters: { cmd: "true" }, labels });
    const args = ["run", "core.local", "cmd=true", "--label", "nowhere=1"];
    const { code, stderr } = await runCommandLine(args, { env: userEnvironment(limited) });
    expect(code).not.toBe(0);
    expect(stderr).toContain(
      "user admin has 1 executions waiting in pool default, and may not have more (USER_WAITING_MAX)",
    );
  });
});

describe("a role", () => {
  it("grants permissions in one pool", async () => {
    const roles = await startWorld({ vars: { RBAC_ENABLED: true } });
    afterTest(roles.stop);
    const of = (...args: string[]) => runCommandLine(args, { env: userEnvironment(roles) });
    await of("role", "create", "trainers");
    const { stdout } = await of(
      "role",
      "grant",
      "trainers",
      "action_execute",
      "--on",
      "pack:core",
      "--pool",
      "gpu",
    );
    expect(stdout).toContain("action_execute on pack:core in the pool gpu");
    const revoked = await of(
      "role",
      "revoke",
      "trainers",
      "action_execute",
      "--on",
      "pack:core",
      "--pool",
      "gpu",
    );
    expect(revoked.stdout).toContain("nothing");
  });
});

describe("an agent with very many actions", () => {
  it("registers all of them, and is ready", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 2_500 }, (_, at) => [`large/actions/a${at}.yaml`, where(`a${at}`, "large")]),
    );
    const packs = tree({ "large/pack.yaml": "ref: large\nname: Large\n", ...files });
    const agent = await agentIn("large", "--packs", packs);
    afterTest(() => agent.stop());
    expect(agent.log).not.toContain("not registered");
    const [pack] = (await world.client.packs("large")).filter(({ ref }) => ref === "large");
    expect(pack).toMatchObject({ actions: 2_500 });
    expect(await outputOf("large.a2499")).toContain("a2499 in large");
  });

  it("reports those that it cannot register, and goes on with the rest", async () => {
    const packs = tree({
      "huge/pack.yaml": `ref: huge\nname: Huge\ndescription: ${"x".repeat(900_000)}\n`,
      "huge/actions/a.yaml": where("a", "huge"),
      "small/pack.yaml": "ref: small\nname: Small\n",
      "small/actions/a.yaml": where("a", "small"),
    });
    const agent = await agentIn("small", "--packs", packs);
    afterTest(() => agent.stop());
    expect(agent.log).toContain("pack huge is not registered: The body has more than");
    expect(await outputOf("small.a")).toContain("a in small");
  });
});
