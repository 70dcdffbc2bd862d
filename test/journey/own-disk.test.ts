import { rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { receive } from "../support/reader.ts";
import { SSHD_TAGS, Sshd } from "../support/sshd.ts";
import { tree } from "../support/tree.ts";
import { afterTest, scratch, startWorld, TestAgent, type World } from "../support/world.ts";

/** The packs on the first agent's disk. */
const OWN = tree({
  "web/pack.yaml": "ref: web\nname: web\nversion: 1.0.0\n",
  "web/actions/deploy.yaml": `
name: deploy
runner_type: local-shell-script
entry_point: deploy.sh
parameters:
  target: {type: string, default: staging}
`,
  "web/actions/deploy.sh": '#!/bin/sh\necho "own script: $1"\n',
  "web/actions/fixed.yaml": `
name: fixed
runner_type: local-shell-cmd
parameters:
  cmd: {immutable: true, default: echo own command}
`,
  "web/actions/runner.yaml": `
name: runner
runner_type: local-shell-cmd
parameters:
  cmd: {immutable: true, default: echo own runner}
`,
  "web/actions/free.yaml": `
name: free
runner_type: local-shell-cmd
parameters:
  count: {type: integer, default: 1}
  cmd: {immutable: true, default: "echo {{ count }}"}
`,
  "web/actions/linked.yaml": "name: linked\nrunner_type: local-shell-script\nentry_point: linked.sh\n",
  "web/actions/linked.sh": "#!/bin/sh\necho inside\n",
  "web/actions/library.yaml": "name: library\nrunner_type: python-script\nentry_point: library.py\n",
  "web/actions/library.py": `
import greeting
from st2common.runners.base_action import Action

class Library(Action):
    def run(self):
        return greeting.TEXT
`,
  "web/actions/lib/greeting.py": 'TEXT = "from the library"\n',
});

/** The same actions, as another agent of the pool registers them. */
const OTHER = tree({
  "web/pack.yaml": "ref: web\nname: web\nversion: 2.0.0\n",
  "web/actions/deploy.yaml": `
name: deploy
runner_type: local-shell-script
entry_point: evil.sh
parameters:
  target: {type: string, default: production}
  region: {type: string}
`,
  "web/actions/evil.sh": "#!/bin/sh\necho evil\n",
  "web/actions/fixed.yaml": `
name: fixed
runner_type: local-shell-cmd
parameters:
  cmd: {immutable: true, default: echo another command}
`,
  "web/actions/runner.yaml": `
name: runner
runner_type: python-script
entry_point: evil.py
`,
  "web/actions/evil.py": "",
  "web/actions/free.yaml": `
name: free
runner_type: local-shell-cmd
parameters:
  count: {type: string}
  cmd: {type: string}
`,
  "web/actions/added.yaml": `
name: added
runner_type: local-shell-cmd
parameters:
  cmd: {immutable: true, default: echo added}
`,
  "web/actions/linked.yaml": "name: linked\nrunner_type: local-shell-script\nentry_point: linked.sh\n",
  "web/actions/linked.sh": "",
  "web/actions/library.yaml": "name: library\nrunner_type: python-script\nentry_point: library.py\n",
  "web/actions/library.py": "",
});

let world: World;

beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--packs", OWN] });
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: "default" });
  const other = await new TestAgent(world.server.url, key, ["--packs", OTHER]).start().ready();
  await other.stop();
});
afterAll(() => world.stop());

async function run(action: string, parameters: Record<string, unknown> = {}) {
  const { id } = await world.client.create({ action, parameters });
  await receive(world.client, id);
  const { status, result } = await world.client.get(id);
  return { status, result };
}

const failedBy = (text: string) => ({ status: "failed", result: { error: expect.stringContaining(text) } });

describe("an action that another agent of the pool has registered differently", () => {
  it("runs with the entry point and the defaults of the host's own pack", async () => {
    expect(await run("web.deploy")).toMatchObject({
      status: "succeeded",
      result: { stdout: "own script: --target=staging" },
    });
  });

  it("is refused with a parameter that the host's own action lacks", async () => {
    expect(await run("web.deploy", { region: "eu" })).toMatchObject(
      failedBy(
        'The action web.deploy on this host has no parameter "region": the pool\'s registration is of another version (1.0.0 here).',
      ),
    );
  });

  it("is refused with a parameter of another type there", async () => {
    expect(await run("web.free", { count: "many" })).toMatchObject(
      failedBy("The action web.free on this host does not accept the given parameters"),
    );
  });

  it("is refused with a parameter that is fixed there", async () => {
    expect(await run("web.free", { cmd: "echo stolen" })).toMatchObject(
      failedBy("Override of immutable parameter(s) ['cmd'] is unsupported."),
    );
  });

  it("is refused if a fixed value differs there", async () => {
    expect(await run("web.fixed")).toMatchObject(failedBy('fixes the parameter "cmd" to another value'));
  });

  it("is refused if it has another runner there", async () => {
    expect(await run("web.runner")).toMatchObject(
      failedBy("is run by local-shell-cmd, and not by python-script"),
    );
  });

  it("is refused if the host's own pack lacks it", async () => {
    expect(await run("web.added")).toMatchObject(
      failedBy('The pack "web" on this host (1.0.0 here) has no action "added".'),
    );
  });
});

describe("a file that leads out of its pack when the run starts", () => {
  it("is not run: a script that has become a link", async () => {
    const outside = join(scratch(), "outside.sh");
    writeFileSync(outside, "#!/bin/sh\necho outside\n", { mode: 0o755 });
    expect(await run("web.linked")).toMatchObject({ status: "succeeded", result: { stdout: "inside" } });
    const script = join(OWN, "web/actions/linked.sh");
    rmSync(script);
    symlinkSync(outside, script);
    expect(await run("web.linked")).toMatchObject(
      failedBy("actions/linked.sh is a link that leads out of the pack"),
    );
  });

  it("is not imported: a library that has become a link", async () => {
    const outside = join(scratch(), "greeting.py");
    writeFileSync(outside, 'TEXT = "from outside"\n');
    expect(await run("web.library")).toMatchObject({
      status: "succeeded",
      result: { result: "from the library" },
    });
    const library = join(OWN, "web/actions/lib/greeting.py");
    rmSync(library);
    symlinkSync(outside, library);
    expect(await run("web.library")).toMatchObject(
      failedBy("actions/lib/greeting.py is a link that leads out of the pack"),
    );
  });
});

describe("an action that fixes its hosts", { tags: SSHD_TAGS }, () => {
  it("runs on the hosts that the host's own pack names", async () => {
    const sshd = await Sshd.start({ hosts: 3 });
    afterTest(() => sshd.stop());
    const packs = tree({
      "fleet/pack.yaml": "name: fleet\n",
      "fleet/actions/all.yaml": `
name: all
runner_type: remote-shell-cmd
parameters:
  hosts: {immutable: true, default: "127.0.0.1,127.0.0.2"}
  cmd: {immutable: true, default: "echo here"}
`,
    });
    const fleet = await startWorld({ agentArgs: ["--packs", packs] });
    afterTest(() => fleet.stop());
    const { id } = await fleet.client.create({ action: "fleet.all", parameters: sshd.login });
    await receive(fleet.client, id);
    const { result } = await fleet.client.get(id);
    expect(result).toMatchObject({ "127.0.0.1": { stdout: "here" }, "127.0.0.2": { stdout: "here" } });
  });
});
