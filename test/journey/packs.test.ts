import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { receive } from "../support/reader.ts";
import { HAS_SSHD, SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { tree } from "../support/tree.ts";
import { startWorld, until, type World } from "../support/world.ts";

const PACKS = tree({
  "configs/mine.yaml": `
url: http://127.0.0.1/mine
token: "{{ st2kv.system.mine_token }}"
`,
  "packs/mine/pack.yaml": "ref: mine\nname: Mine\nversion: 1.2\n",
  "packs/mine/config.schema.yaml": `
url: {type: string}
token: {type: string, secret: true}
retries: {type: integer, default: 3}
`,
  "packs/mine/rules/r.yaml": "",
  "packs/mine/sensors/s.yaml": "",
  "packs/mine/aliases/a.yaml": "",
  "packs/mine/actions/flow.yaml": "name: flow\nrunner_type: orquesta\nentry_point: flow.yaml\n",
  "packs/mine/actions/bad.yaml": "name: bad\nrunner_type: local-shell-script\n\nentry_point: gone.sh\n",
  "packs/mine/actions/configured.yaml": `
name: configured
runner_type: local-shell-cmd
parameters:
  who: {type: string, default: "{{ action_context.user }}"}
  cmd:
    immutable: true
    default: 'echo "{{ config_context.url }} {{ config_context.retries }} for {{ who }} in {{ st2kv.system.region }}"'
`,
  "packs/mine/actions/python.yaml": `
name: python
runner_type: python-script
entry_point: python.py
parameters:
  show: {type: boolean, default: false}
`,
  "packs/mine/actions/python.py": `
from st2common.runners.base_action import Action

class Configured(Action):
    def run(self, show):
        if show:
            print(self.config["token"])
        return [self.config["url"], self.config["retries"], len(self.config["token"])]
`,
  "packs/mine/actions/script.yaml": `
name: script
runner_type: local-shell-script
entry_point: script.sh
parameters:
  second: {type: string, position: 1, default: two}
  first: {type: string, position: 0, required: true}
  mode: {type: string, enum: [fast, slow], default: fast}
  fixed: {type: string, immutable: true, default: always}
  password: {type: string, secret: true}
  loud: {type: boolean, default: false}
  items: {type: array, items: {type: integer}}
  kwarg_op: {immutable: true, default: "-"}
  timeout: {default: 7}
  env: {default: {COLOUR: "{{ mode }}"}}
`,
  "packs/mine/actions/script.sh": `#!/bin/sh
# A text that only this script has: sentinel-of-the-script
for argument in "$@"; do echo "[$argument]"; done
echo "$COLOUR"
`,
});

let world: World;
let sshd: Sshd | undefined;
beforeAll(async () => {
  if (HAS_SSHD) sshd = await Sshd.start();
  world = await startWorld({ agentArgs: ["--packs", join(PACKS, "packs")] });
  await world.client.setKey("region", { value: "eu-west-1" });
  await world.client.setKey("mine_token", { value: "token-of-mine", secret: true });
});
afterAll(async () => {
  await world.stop();
  sshd?.stop();
});

/** Runs an action to its end. Returns its document and its stdout. */
async function run(
  action: string,
  parameters: Record<string, unknown> = {},
): Promise<Execution & { stdout: string; whole: boolean }> {
  const { id } = await world.client.create({ action, parameters });
  const { dense, gaps } = await receive(world.client, id);
  const stdout = await (await world.client.output(id, { output_type: "stdout" })).text();
  return { ...(await world.client.get(id)), stdout, whole: dense && gaps.length === 0 };
}

describe("an agent with a folder of packs", () => {
  it("logs what it could not load, by path, line and reason", () => {
    expect(world.agent.log).toMatch(
      /warn not loaded: \S+packs\/mine\/actions\/bad\.yaml:4: entry_point: there is no file \S+gone\.sh\n/,
    );
  });

  it("says in its log what of a pack it does not run", () => {
    const notices = world.agent.log.split("\n").filter((line) => line.includes("not run here"));
    expect(notices).toEqual([
      expect.stringMatching(/info \S+packs\/mine: not run here: aliases, rules, sensors$/),
      expect.stringMatching(
        /info \S+packs\/mine: not run here, as the runner orquesta is missing: flow\. Write /,
      ),
    ]);
  });

  it("registers the good parts, without the text of scripts or of the configuration", async () => {
    const pack = (await world.client.packs()).find(({ ref }) => ref === "mine");
    expect(pack).toMatchObject({ ref: "mine", name: "Mine", version: "1.2", actions: 4 });
    const actions = (await world.client.actions()).filter(({ pack }) => pack === "mine");
    expect(actions.map(({ name }) => name).sort()).toEqual(["configured", "flow", "python", "script"]);
    const upstream = JSON.stringify([pack, actions]);
    expect(upstream).not.toContain("sentinel-of-the-script");
    expect(upstream).not.toContain("http://127.0.0.1/mine");
    expect(readFileSync(join(PACKS, "packs/mine/actions/script.sh"), "utf8")).toContain(
      "sentinel-of-the-script",
    );
  });
});

describe("a pack's configuration", () => {
  it("can be read by a template", async () => {
    const { status, stdout } = await run("mine.configured", { who: "you, {{ action_context.pack }}" });
    expect({ status, stdout }).toEqual({
      status: "succeeded",
      stdout: "http://127.0.0.1/mine 3 for you, mine in eu-west-1\n",
    });
  });

  it("can be read by a Python action, whose output shows no secret of it", { tags: "python3" }, async () => {
    const { result, stdout } = await run("mine.python", { show: true });
    expect(result).toMatchObject({ result: ["http://127.0.0.1/mine", 3, "token-of-mine".length] });
    expect(stdout).toBe("********\n");
  });
});

describe("an action's parameters", () => {
  it("are arguments by name and then by position, and override the runner's", async () => {
    const { stdout, runner, status } = await run("mine.script", { first: "one", loud: true, items: [1, 2] });
    expect({ status, stdout }).toEqual({
      status: "succeeded",
      stdout: "[-mode=fast]\n[-fixed=always]\n[-loud]\n[-items=[1, 2]]\n[one]\n[two]\nfast\n",
    });
    expect(runner.name).toBe("local-shell-script");
  });

  it("are masked in documents and output if they are secret", async () => {
    const { stdout, parameters } = await run("mine.script", { first: "a", password: "hunter2-hunter2" });
    expect(stdout).toContain("[-password=********]\n");
    expect(parameters).toMatchObject({ password: "********" });
  });

  it.each([
    [{}, "'first' is a required property"],
    [{ first: "a", fixed: "b" }, "Override of immutable parameter(s) ['fixed'] is unsupported."],
    [{ first: "a", kwarg_op: "--" }, "Override of immutable parameter(s) ['kwarg_op'] is unsupported."],
    [{ first: "a", mode: "medium" }, 'Parameter "mode": '],
    [{ first: "a", other: 1 }, "Additional properties are not allowed ('other' was unexpected)"],
    [{ first: "a", items: ["x"] }, 'Parameter "items": '],
  ])("are refused if they do not fit: %j", async (parameters, reason) => {
    const refused = world.client.create({ action: "mine.script", parameters });
    await expect(refused).rejects.toMatchObject({ code: "invalid" });
    await expect(refused).rejects.toThrow(reason);
  });

  it("are checked after templates are rendered", async () => {
    const { status, result } = await run("mine.script", { first: "a", mode: "{{ first }}" });
    expect(status).toBe("failed");
    expect(result?.error).toContain('Parameter "mode": ');
  });
});

describe("the examples", () => {
  const LINES = { stdout: "stdout line 2\nstdout line 4", stderr: "stderr line 1\nstderr line 3" };
  const few = { count: 4, sleep_delay: 0.01 };

  it.each(["count", "count_command", "count_python"])(
    "show streaming: %s",
    { tags: "python3" },
    async (name) => {
      const { status, result, whole } = await run(`examples.${name}`, few);
      expect({ status, result, whole }).toMatchObject({ status: "succeeded", result: LINES, whole: true });
    },
  );

  it.each(["count_remote_command", "count_remote_script"])(
    "show streaming from a remote host: %s",
    { tags: SSHD_TAGS },
    async (name) => {
      const far = { hosts: "127.0.0.1", ...sshd?.login };
      const { status, result } = await run(`examples.${name}`, { ...few, ...far });
      expect({ status, result }).toMatchObject({ status: "succeeded", result: { "127.0.0.1": LINES } });
    },
  );

  it("show each line when it is written, long before the end", async () => {
    const { id } = await world.client.create({
      action: "examples.count_command",
      parameters: { count: 100, sleep_delay: 1 },
    });
    await until("the second line is there", async () => {
      const { output } = await world.client.get(id);
      return (output?.bytes.stdout ?? 0) > 0;
    });
    expect((await world.client.get(id)).status).toBe("running");
    await world.client.cancel(id);
    expect((await receive(world.client, id)).end?.status).toBe("canceled");
  });

  it("show a progress bar in a terminal, with its colours and returns", async () => {
    const { stdout, status } = await run("examples.progress", { steps: 2, sleep_delay: 0.01 });
    expect(status).toBe("succeeded");
    const bars = stdout.split("\r").filter((part) => part.includes("%"));
    expect(bars).toEqual([
      `\u001b[36m[${" ".repeat(40)}]\u001b[0m   0%`,
      `\u001b[36m[${"#".repeat(20)}${" ".repeat(20)}]\u001b[0m  50%`,
      `\u001b[36m[${"#".repeat(40)}]\u001b[0m 100%`,
    ]);
    expect(stdout).toContain("\u001b[32mdone, in a terminal\u001b[0m");
    expect((await run("examples.progress", { steps: 2, sleep_delay: 0.01, tty: false })).stdout).toContain(
      "done, in a pipe\n",
    );
  });
});
