import { readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { TailraceError } from "../../protocol/base/errors.ts";
import { isCompleted } from "../../protocol/base/status.ts";
import type { CreateExecution } from "../../protocol/model/execution.ts";
import { enginesOf } from "../support/engines.ts";
import { HOSTILE_TEMPLATES } from "../support/hostile-templates.ts";
import { tree } from "../support/tree.ts";
import { scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

const IS_LONG = process.env.TAILRACE_TEST_LONG === "1";
/** How often each input is tried, and the number of half-sent requests. */
const ROUNDS = IS_LONG ? 10 : 1;
const HALF_SENT = IS_LONG ? 3_000 : 300;
const TEST_MS_MAX = IS_LONG ? 1_800_000 : 180_000;

/** The pool whose agent gets all hostile input. */
const STRUCK = "struck";

/** The memory in MiB that a process may use. One unbounded template alone would use more. */
const MIB_MAX = 1_024;

/** All templates, or one in five. */
const TEMPLATES = Object.entries(HOSTILE_TEMPLATES).filter((_, at) => IS_LONG || at % 5 === 0);
const PACKS = tree({
  "hostile/pack.yaml": stringify({ name: "hostile", ref: "hostile", version: "1.0.0" }),
  "hostile/actions/match.yaml": stringify({
    name: "match",
    runner_type: "local-shell-cmd",
    parameters: {
      cmd: { default: "true", immutable: true },
      one: { type: "string", pattern: "^(a+)+$" },
      two: { type: "string", pattern: "^a*a*a*a*b$" },
    },
  }),
  ...Object.fromEntries(
    TEMPLATES.flatMap(([, template], at) => [
      [
        `hostile/actions/chain${at}.yaml`,
        stringify({ name: `chain${at}`, runner_type: "action-chain", entry_point: `chains/chain${at}.yaml` }),
      ],
      [
        `hostile/actions/chains/chain${at}.yaml`,
        stringify({ vars: { made: template }, chain: [{ name: "one", ref: "core.noop" }] }),
      ],
    ]),
  ),
});

/** Nested lists, as a program prints them. */
const nested = (depth: number) => `printf '%*s' ${depth} | tr ' ' '['; printf '%*s' ${depth} | tr ' ' ']'`;

/** The output of actions. */
const PRINTED: Record<string, string> = {
  "lists 5,000 deep": nested(5_000),
  "lists 100,000 deep": nested(100_000),
  "objects 5,000 deep": `printf '{"a":%.0s' $(seq 5000); printf 1; printf '}%.0s' $(seq 5000)`,
  "a line of 8 MB": "head -c 8000000 /dev/zero | tr '\\0' x",
  "200,000 lines": "seq 200000",
  "bytes that are no text": "head -c 1000000 /dev/urandom",
  "a list of 2 MB": "printf '[0'; printf ',%d' $(seq 300000); printf ']'",
  "numbers that no double holds": "echo '[9007199254740993, 1e999, -0, 0.1000000000000000055]'",
  "a terminal's control sequences": "printf '\\033]0;title\\007\\033[2J\\033[?25l\\033P+q\\033\\\\'",
  "the names of a prototype's properties": `echo '{"__proto__": {"failed": false}, "constructor": 1}'`,
  "half of a character": "printf '\\360\\237'",
};

/** The input of actions. */
const GIVEN: Record<string, Omit<CreateExecution, "pool">> = {
  "a command of 140,000 characters": command({ cmd: `: ${"x".repeat(140_000)}` }),
  "an environment value of 200 kB": command({ cmd: "true", env: { LONG: "x".repeat(200_000) } }),
  "an environment of 3,000 values": command({
    cmd: "true",
    env: Object.fromEntries(Array.from({ length: 3_000 }, (_, at) => [`V${at}`, "x"])),
  }),
  "a command with a zero byte": command({ cmd: "echo \u0000" }),
  "half of a surrogate pair": command({ cmd: "echo \ud800" }),
  "an endless timeout": command({ cmd: "true", timeout: 1e308 }),
  "a file in place of a folder": command({ cmd: "true", cwd: "/proc/self/mem" }),
  "lists 120 deep": command({ cmd: "true", env: { a: deep(120) } }),
  "a value for a pattern in a group": { action: "hostile.match", parameters: { one: `${"a".repeat(50)}!` } },
  "a value for a pattern of stars": { action: "hostile.match", parameters: { two: "a".repeat(50_000) } },
  ...Object.fromEntries(
    TEMPLATES.flatMap(([name, template], at) => [
      [`a template that ${name}`, command({ cmd: `echo ${template}` })],
      [`a chain whose template ${name}`, { action: `hostile.chain${at}` }],
    ]),
  ),
};

let world: World;
let struck: TestAgent;
let engines: number[];
let before: string;
const gate = join(scratch(), "gate");
/** One run on each agent, from before the hostile input until after it. */
const innocents: string[] = [];
const count = { inputs: 0, refused: 0, ran: 0, half_sent: 0, ended: 0 };

beforeAll(async () => {
  world = await startWorld();
  const { key } = await world.client.createKey({ user: "agent", role: "agent", pool: STRUCK });
  const args = ["--pool", STRUCK, "--packs", PACKS, "--slots", "8"];
  struck = await new TestAgent(world.server.url, key, args).start().ready();
  engines = enginesOf(process.pid);
  before = memory();
  const cmd = `echo begun; until [ -e '${gate}' ]; do sleep 0.2; done; echo done`;
  for (const pool of ["default", STRUCK]) innocents.push(await start(pool, command({ cmd, timeout: 3_600 })));
});
afterAll(async () => {
  const { inputs, refused, ran, half_sent, ended } = count;
  console.log(
    `hostile input: ${inputs} inputs (${refused} refused, ${ran} run) and ${half_sent} half-sent requests tried, ` +
      `${ended} processes ended\nmemory before: ${before}\nmemory after: ${memory()}`,
  );
  await struck?.stop();
  await world?.stop();
});

describe("beside an innocent run", { timeout: TEST_MS_MAX, concurrent: true }, () => {
  it.each(Object.entries(PRINTED))("an action prints %s", async (_, cmd) => {
    await tryOut(command({ cmd }));
  });

  it.each(Object.entries(GIVEN))("a user gives %s", async (_, wanted) => {
    await tryOut(wanted);
  });

  it("a run that has printed lists 3,800 deep is canceled", async () => {
    const id = await start(STRUCK, command({ cmd: `${nested(3_800)}; sleep 600` }));
    count.inputs++;
    count.ran++;
    await until("it runs", async () => (await world.client.get(id)).status === "running");
    await world.client.cancel(id);
    expect(await ended(id)).toBe("canceled");
    await expectAlive();
  });

  it("requests are half-sent", async () => {
    const { hostname, port } = new URL(world.server.url);
    const { key } = await world.client.createKey({ user: "crowd", role: "admin" });
    const head = `POST /api/v1/executions HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\n`;
    const halves = [
      "POST /api/v1/exec",
      head,
      `${head}St2-Api-Key: ${key}\r\nContent-Length: 1000000\r\n\r\n{"action":`,
      `${head}Transfer-Encoding: chunked\r\n\r\nffffff\r\n{`,
    ];
    const sockets: Socket[] = [];
    for (let at = 0; at < HALF_SENT; at++) {
      const socket = connect(Number(port), hostname);
      socket.on("error", () => undefined);
      socket.write(halves[at % halves.length] ?? "");
      sockets.push(socket);
      count.half_sent++;
    }
    await expectAlive();
    for (const socket of sockets) socket.destroy();
  });
});

it("the innocent runs succeed, and no process has ended", async () => {
  writeFileSync(gate, "");
  for (const id of innocents) {
    expect(await ended(id)).toBe("succeeded");
    const output = await world.client.output(id, { follow: "false" });
    expect(await output.text()).toBe("begun\ndone\n");
  }
  count.ended =
    engines.filter((pid) => !enginesOf(process.pid).includes(pid)).length +
    [world.agent, struck].filter(({ log }) => log.split("agent ready").length !== 2).length;
  expect(count.ended).toBe(0);
  for (const pid of [...engines, world.agent.pid, struck.pid]) expect(mibOf(pid)).toBeLessThan(MIB_MAX);
});

/** Tries an input: it is refused with a reason, or it runs to an end. Other runs go on. */
async function tryOut(wanted: Omit<CreateExecution, "pool">): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    count.inputs++;
    try {
      const id = await start(STRUCK, wanted);
      await ended(id);
      count.ran++;
    } catch (error) {
      if (!(error instanceof TailraceError)) throw error;
      expect(error.code).toBeOneOf(["invalid", "too_deep", "too_large", "too_costly", "unresolved"]);
      count.refused++;
    }
  }
  await expectAlive();
}

/** Expects that the server and both agents run actions. */
async function expectAlive(): Promise<void> {
  const ids = await Promise.all(
    ["default", STRUCK].map((pool) => start(pool, command({ cmd: "echo alive" }))),
  );
  for (const id of ids) {
    expect(await ended(id)).toBe("succeeded");
    expect((await world.client.get(id)).result).toMatchObject({ stdout: "alive" });
  }
}

async function start(pool: string, wanted: Omit<CreateExecution, "pool">): Promise<string> {
  return (await world.client.create({ ...wanted, pool })).id;
}

async function ended(id: string): Promise<string> {
  const read = async () => {
    const { status } = await world.client.get(id);
    return isCompleted(status) ? status : undefined;
  };
  return until(`${id} has ended`, read, 120_000);
}

function command(parameters: Record<string, unknown>): Omit<CreateExecution, "pool"> {
  return { action: "core.local", parameters };
}

function memory(): string {
  const parts = [
    ...engines.map((pid) => `engine ${mibOf(pid)} MiB`),
    `agent ${mibOf(world.agent.pid)} MiB`,
    `struck agent ${mibOf(struck.pid)} MiB`,
  ];
  return parts.join(", ");
}

function mibOf(pid: number): number {
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Math.round(Number(kib) / 1024);
}

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
