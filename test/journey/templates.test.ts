import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { isCompleted } from "../../protocol/base/status.ts";
import { enginesOf } from "../support/engines.ts";
import { HOSTILE_TEMPLATES } from "../support/hostile-templates.ts";
import { write } from "../support/python-pack.ts";
import { receive } from "../support/reader.ts";
import { scratch, startWorld, until, type World } from "../support/world.ts";

let world: World;
const folder = scratch();

/** Thirty runs: each hostile template twice. */
const TEMPLATES = Object.entries(HOSTILE_TEMPLATES);
const THIRTY = [...TEMPLATES, ...TEMPLATES];

/** The peak memory that a process may use. One unbounded template alone would use more. */
const MIB_MAX = 900;

beforeAll(async () => {
  const pack = join(folder, "hostile");
  write(join(pack, "pack.yaml"), stringify({ name: "hostile", ref: "hostile", version: "1.0.0" }));
  TEMPLATES.forEach(([, template], at) => {
    const chain = { vars: { made: template }, chain: [{ name: "one", ref: "core.noop" }] };
    write(join(pack, "actions", `chain_${at}.yaml`), stringify(action(`chain_${at}`)));
    write(join(pack, "actions", "chains", `chain_${at}.yaml`), stringify(chain));
  });
  const innocent = {
    vars: { greeting: "Hello {{ whom }}" },
    chain: [{ name: "one", ref: "core.local", parameters: { cmd: "echo {{ greeting | upper }}" } }],
  };
  write(
    join(pack, "actions", "innocent.yaml"),
    stringify({ ...action("innocent"), parameters: { whom: { type: "string" } } }),
  );
  write(join(pack, "actions", "chains", "innocent.yaml"), stringify(innocent));
  world = await startWorld({ agentArgs: ["--packs", folder, "--slots", "40"] });
});
afterAll(() => world?.stop());

function action(name: string) {
  return { name, runner_type: "action-chain", entry_point: `chains/${name}.yaml` };
}

/** The peak memory of a process, in MiB. */
function mostMemory(pid: number): number {
  const [, kib = "0"] = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib) / 1024;
}

async function start(ref: string, parameters: Record<string, unknown> = {}): Promise<string> {
  return (await world.client.create({ action: ref, parameters })).id;
}

async function ended(id: string) {
  return until(
    `${id} has ended`,
    async () => {
      const execution = await world.client.get(id);
      return isCompleted(execution.status) ? execution : undefined;
    },
    50_000,
  );
}

describe("thirty hostile templates at once", () => {
  it("end with the reason on an agent, and do not disturb it or the run beside them", async () => {
    const { pid } = world.agent;
    const hostile = await Promise.all(THIRTY.map(([, cmd]) => start("core.local", { cmd: `echo ${cmd}` })));
    const innocent = await start("core.local", { cmd: "echo {{ 'well' | upper }}" });
    const plain = await start("core.local", { cmd: "echo plain" });
    await receive(world.client, plain);
    await receive(world.client, innocent);
    expect((await ended(innocent)).result).toMatchObject({ stdout: "WELL" });
    for (const execution of await Promise.all(hostile.map(ended))) {
      expect(execution.status).toBe("failed");
      expect(execution.result?.error).toMatch(
        /more steps than allowed|needs more than 64 MiB of memory|more than 4194304 characters|nested deeper|too deep/,
      );
    }
    expect(world.agent.pid).toBe(pid);
    expect(mostMemory(pid)).toBeLessThan(MIB_MAX);
  });

  it("end with the reason in chains, and do not disturb the server or the chain beside them", async () => {
    const engines = enginesOf(process.pid);
    const hostile = await Promise.all(THIRTY.map((_, at) => start(`hostile.chain_${at % TEMPLATES.length}`)));
    const innocent = await start("hostile.innocent", { whom: "you" });
    const { status, result } = await ended(innocent);
    expect(status).toBe("succeeded");
    expect(result).toMatchObject({ tasks: [{ result: { stdout: "HELLO YOU" } }] });
    for (const execution of await Promise.all(hostile.map(ended))) {
      expect(execution.status).toBe("failed");
      expect(execution.result?.error).toContain("Failed initializing ``vars`` in chain.");
    }
    expect(enginesOf(process.pid)).toEqual(engines);
    for (const pid of engines) expect(mostMemory(pid)).toBeLessThan(MIB_MAX);
  });
});

describe("a command whose syntax is wrong as a template", () => {
  it("runs as it is, and the execution says so", async () => {
    const cmd = `n=(a b); echo "\${#n[@]} {{ timeout }}"`;
    const id = await start("core.local", { cmd: `bash -c '${cmd}'` });
    const { result } = await ended(id);
    expect(result).toMatchObject({
      stdout: "2 {{ timeout }}",
      warnings: [
        'Not rendered: the parameter "cmd" reads {{ timeout }}, but is no template: Missing end of comment tag. Put what is not Jinja between {% raw %} and {% endraw %}.',
      ],
    });
  });
});
