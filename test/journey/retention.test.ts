import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { receive } from "../support/reader.ts";
import { spoolFolder } from "../support/spool.ts";
import { scratch, startWorld, until, type World } from "../support/world.ts";

const OUTPUT_BYTES_MAX = 2_000_000;

let world: World;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  const pack = join(scratch(), "kept");
  mkdirSync(join(pack, "actions"), { recursive: true });
  writeFileSync(join(pack, "pack.yaml"), "name: kept\nref: kept\nversion: 1.0.0\n");
  const action = (name: string, tag: string, value: string) =>
    writeFileSync(
      join(pack, "actions", `${name}.yaml`),
      `name: ${name}\nrunner_type: local-shell-cmd\nparameters:\n  cmd: {type: string, required: true}\n  password: {type: string, secret: true}\ntags:\n  - name: tailrace.${tag}\n    value: "${value}"\n`,
    );
  action("quiet", "stream_output", "false");
  action("long", "output_bytes_max", String(OUTPUT_BYTES_MAX));
  action("wrong", "output_bytes_max", "plenty");
  world = await startWorld({ agentArgs: ["--packs", pack] });
  env = userEnvironment(world);
});
afterAll(() => world.stop());

function tailrace(...args: string[]) {
  return runCommandLine(args, { env });
}

describe("an action without streaming", () => {
  it("shows its status only, and its result has the masked output", async () => {
    const { stdout } = await tailrace(
      "run",
      "kept.quiet",
      "cmd=echo out; echo 'the word is swordfish' >&2",
      "password=swordfish",
      "--tail",
    );
    const id = /"(\w{24})"/.exec(stdout)?.[1] ?? "";
    // An execution that ends before it is looked at is not reported as started.
    expect(stdout.replace(`Execution ${id} has started.\n\n`, "")).toBe(
      `Tailing execution "${id}"\n\nExecution ${id} has completed (status=succeeded).\n`,
    );
    const execution = await world.client.get(id);
    expect(execution.result).toMatchObject({ stdout: "out", stderr: "the word is ********" });
    expect(execution.output).toMatchObject({ last_seq: 0, bytes: { stdout: 0, stderr: 0 } });
    expect(await (await world.client.output(id)).text()).toBe("");
  });

  it("leaves no output on the agent's disk while it runs", async () => {
    const { id } = await world.client.create({
      action: "kept.quiet",
      parameters: { cmd: "echo here; sleep 30" },
    });
    await until("it runs", async () => (await world.client.get(id)).status === "running");
    const spool = spoolFolder(world.agent.state, id);
    expect(readdirSync(spool).filter((name) => name.endsWith(".ndjson"))).toEqual([]);
    await world.client.cancel(id);
    await until("it is canceled", async () => (await world.client.get(id)).status === "canceled");
  });
});

describe("an output beyond its limit", () => {
  it("is complete for live readers, and has its head and its tail later", async () => {
    const { id } = await world.client.create({
      action: "kept.long",
      parameters: { cmd: "seq -w 1 1000000", timeout: 120 },
    });
    const live = await receive(world.client, id, { transport: "websocket" });
    const produced = 1_000_000 * 8;
    // A fast reader gets everything. A slow one gets gaps for what it missed.
    expect(live).toMatchObject({ dense: true, end: { status: "succeeded", bytes: { stdout: produced } } });
    const missed = live.gaps.length;
    if (missed === 0) expect(live.bytes).toBe(produced);

    const text = await (await world.client.output(id)).text();
    expect(text.startsWith("0000001\n0000002\n")).toBe(true);
    expect(text.endsWith("0999999\n1000000\n")).toBe(true);
    for (const transport of ["websocket", "sse", "ndjson"] as const) {
      const late = await receive(world.client, id, { transport });
      expect(late).toMatchObject({
        first_seq: 1,
        dense: true,
        bytes: text.length,
        gaps: [{ reason: "limit", bytes: produced - text.length }],
        end: { gaps: 1, last_seq: late.last_seq },
      });
    }
    expect(text.length).toBeLessThan(1.5 * OUTPUT_BYTES_MAX);
    expect(text.length).toBeGreaterThan(OUTPUT_BYTES_MAX / 2);
    const tail = await tailrace("execution", "output", id);
    expect(tail.stdout).toBe(text);
  });
});

describe("the command line", () => {
  it("shows how long an output is kept, and pins it", async () => {
    await tailrace("run", "core.local", "cmd=echo hello", "--keep", "0.5");
    const { id, output } = await world.client.get("last");
    const days = (Date.parse(output?.expires ?? "") - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(0.49);
    expect(days).toBeLessThan(0.51);
    expect((await tailrace("execution", "get", id)).stdout).toContain(
      `output: 6 bytes, expires ${output?.expires}\n`,
    );
    expect((await tailrace("execution", "pin", id)).stdout).toBe(
      `output of execution ${id}: 6 bytes, pinned\n`,
    );
    expect((await tailrace("execution", "unpin", "last")).stdout).toMatch(/: 6 bytes, expires 20/);
    const wrong = await tailrace("run", "core.local", "cmd=date", "--keep", "long");
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("number of days") });
  });

  it("does not load an action with invalid settings, and reports their place", async () => {
    expect(world.agent.log).toMatch(/actions\/wrong\.yaml:\d+: .*tailrace\.output_bytes_max/);
    await expect(world.client.action("kept.wrong")).rejects.toMatchObject({ code: "action_not_found" });
  });
});
