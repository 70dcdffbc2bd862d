import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { liveProcesses, markedProcesses } from "../../agent/process/table.ts";
import { startServer } from "../../cli/server/server.ts";
import type { Client } from "../../protocol/client/client.ts";
import type { Execution } from "../../protocol/model/execution.ts";
import { chunkText } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { runCommandLine } from "../support/command-line.ts";
import { enginesOf } from "../support/engines.ts";
import { receive } from "../support/reader.ts";
import { tree } from "../support/tree.ts";
import { afterTest, clientOf, scratch, startWorld, TestAgent, until, type World } from "../support/world.ts";

/** Each task waits until a file of its name exists, and notes its start. */
const signals = scratch();
const starts = join(signals, "starts");

const WAIT = `name: wait
runner_type: local-shell-cmd
parameters:
  name: {type: string, required: true}
  exit: {type: integer, default: 0}
  cmd:
    immutable: true
    default: |
      echo "{{ name }}" >> ${starts}
      echo "{{ name }} waits"
      until [ -e ${signals}/{{ name }} ]; do sleep 0.05; done
      echo "{{ name }} goes on" >&2
      exit {{ exit }}
`;

/** A pack of chains in StackStorm's layout. The second is a task of the first. */
const packs = tree({
  "flow/pack.yaml": "name: flow\n",
  "flow/actions/wait.yaml": WAIT,
  "flow/actions/steps.yaml":
    "name: steps\nrunner_type: action-chain\nentry_point: chains/steps.yaml\nparameters:\n  run: {type: string, required: true}\n",
  "flow/actions/chains/steps.yaml": `
vars:
  last: "{{ run }}-last"
chain:
  - name: one
    ref: flow.wait
    parameters: {name: "{{ run }}-one", exit: 3}
    publish:
      code: "{{ one.return_code }}"
    on-success: never
    on-failure: inner
  - name: never
    ref: core.local
    params: {cmd: echo never}
  - name: inner
    display_name: the inner one
    ref: flow.inner
    parameters: {run: "{{ run }}", code: "{{ code }}"}
    on-success: last
  - name: last
    ref: core.local
    parameters:
      cmd: echo "{{ last }} after {{ inner.published.said }}"
`,
  "flow/actions/inner.yaml":
    "name: inner\nrunner_type: action-chain\nentry_point: chains/inner.yaml\nparameters:\n  run: {type: string}\n  code: {type: integer}\n",
  "flow/actions/chains/inner.yaml": `---
chain:
  - name: two
    ref: flow.wait
    parameters: {name: "{{ run }}-two"}
    on-success: three
  - name: three
    ref: core.local
    parameters: {cmd: "echo three got {{ code }}"}
    publish: {said: "{{ three.stdout | upper }}"}
`,
  "flow/actions/odd.yaml": `name: odd
runner_type: local-shell-cmd
parameters:
  constructor: {type: string, required: true}
  cmd: {immutable: true, default: "echo {{ constructor }}"}
`,
  "flow/actions/names.yaml": "name: names\nrunner_type: action-chain\nentry_point: chains/names.yaml\n",
  "flow/actions/chains/names.yaml": `
chain:
  - name: one
    ref: flow.odd
    parameters: {constructor: by its name}
`,
});

let world: World;
beforeAll(async () => {
  world = await startWorld({ agentArgs: ["--packs", packs] });
});
afterAll(() => world?.stop());

const go = (name: string) => writeFileSync(join(signals, name), "");

async function start(client: Client, run: string): Promise<string> {
  return (await client.create({ action: "flow.steps", parameters: { run } })).id;
}

/** Waits until a task has begun to wait. */
const waits = (client: Client, id: string, name: string) =>
  until(`${name} waits`, async () => (await outputOf(client, id)).includes(`${name} waits`));

async function outputOf(client: Client, id: string): Promise<string> {
  return (await client.output(id, { follow: "false" })).text();
}

const reach = (client: Client, id: string, status: Execution["status"]) =>
  until(`it is ${status}`, async () => (await client.get(id)).status === status);

/** The output of a whole run, by the path of its source. */
const wholeOutput = (run: string) => [
  ["one", `${run}-one waits\n`],
  ["one", `${run}-one goes on\n`],
  ["the inner one/two", `${run}-two waits\n`],
  ["the inner one/two", `${run}-two goes on\n`],
  ["the inner one/three", "three got 3\n"],
  ["last", `${run}-last after THREE GOT 3\n`],
];

async function byPath(client: Client, id: string): Promise<unknown[]> {
  const texts: unknown[] = [];
  for await (const record of client.follow(id)) {
    if (isChunk(record)) texts.push([record.path, chunkText(record)]);
  }
  return texts;
}

describe("a chain of a pack", () => {
  it("gives a task a parameter whose name is that of a property of each object", async () => {
    const { client } = world;
    const { id } = await client.create({ action: "flow.names" });
    expect(await byPath(client, id)).toEqual([["one", "by its name\n"]]);
  });

  it("runs as one tree: published values, the reaction to a failure, a chain as a task, and every line with its path", async () => {
    const { client } = world;
    const id = await start(client, "a");
    const followed = byPath(client, id);
    await waits(client, id, "a-one");
    go("a-one");
    await waits(client, id, "a-two");
    go("a-two");
    expect(await followed).toEqual(wholeOutput("a"));
    const { status, result, children } = await client.get(id);
    expect(status).toBe("succeeded");
    expect(children).toHaveLength(3);
    expect(result).toMatchObject({
      tasks: [
        { name: "one", state: "failed", result: { return_code: 3 } },
        { name: "inner", state: "succeeded", result: { published: { said: "THREE GOT 3" } } },
        { name: "last", state: "succeeded", result: { stdout: "a-last after THREE GOT 3" } },
      ],
      published: { code: "3" },
    });
    expect(await client.children(id)).toHaveLength(5);
  });

  it("shows each line's path on the command line", async () => {
    go("b-one");
    go("b-two");
    const env = { ...process.env, TAILRACE_URL: world.server.url, TAILRACE_API_KEY: world.server.apiKey };
    const { code, stdout } = await runCommandLine(["run", "flow.steps", "run=b", "--tail"], { env });
    expect(code).toBe(0);
    const labelled = wholeOutput("b").map(([path, text]) => `[${path}] ${text}`);
    for (const line of labelled) expect(stdout).toContain(line);
  });

  it("is canceled as a whole, with every process of every task", async () => {
    const { client } = world;
    const id = await start(client, "c");
    await waits(client, id, "c-one");
    go("c-one");
    await waits(client, id, "c-two");
    await client.cancel(id);
    const { end } = await receive(client, id);
    expect(end?.status).toBe("canceled");
    // The index gets an end a moment after the followers.
    const tasks = await until("the list has every task's end", async () => {
      const all = await client.children(id);
      return all.every(({ end_timestamp }) => end_timestamp !== undefined) ? all : undefined;
    });
    expect(tasks.map(({ status }) => status)).toEqual(["failed", "canceled", "canceled"]);
    for (const task of tasks) expect(markedProcesses(task.id)).toEqual([]);
    expect(liveProcesses().length).toBeGreaterThan(0);
  });

  it("pauses after its running task at any depth, and resumes at the same place", async () => {
    const { client } = world;
    const id = await start(client, "d");
    go("d-one");
    await waits(client, id, "d-two");
    await client.pause(id);
    await reach(client, id, "pausing");
    go("d-two");
    await reach(client, id, "paused");
    expect(await outputOf(client, id)).toContain("d-two goes on");
    expect(await outputOf(client, id)).not.toContain("three got");
    await client.resume(id);
    expect(await byPath(client, id)).toEqual(wholeOutput("d"));
    expect((await client.get(id)).status).toBe("succeeded");
  });

  it("from the examples runs unchanged", async () => {
    const parameters = { count: 4, sleep_delay: 0 };
    const { id } = await world.client.create({ action: "examples.count_chain", parameters });
    const texts = await byPath(world.client, id);
    expect(texts.at(-1)).toEqual(["report", "The first task wrote 2 lines to stdout.\n"]);
    expect(texts.map((entry) => (entry as string[])[0])).toContain("one command");
  });
});

describe("a server that is killed between two tasks of a chain", () => {
  it("continues the chain after its restart, and starts each task once", async () => {
    const state = scratch();
    const engines = new Set(enginesOf(process.pid));
    const first = await startServer({ port: 0, state });
    const port = Number(new URL(first.url).port);
    const client = clientOf(first.url, first.apiKey);
    const { key } = await client.createKey({ user: "agent", role: "agent", pool: "default" });
    const agent = await new TestAgent(first.url, key, ["--packs", packs]).start().ready();
    afterTest(() => agent.stop());
    const id = await start(client, "e");
    const followed = byPath(client, id);
    await waits(client, id, "e-one");
    const own = enginesOf(process.pid).filter((pid) => !engines.has(pid));
    expect(own).toHaveLength(1);
    for (const pid of own) process.kill(pid, "SIGKILL");
    await first.stop();
    // The task ends while the server is down.
    go("e-one");
    const second = await startServer({ port, state });
    await waits(client, id, "e-two");
    await second.stop();
    const third = await startServer({ port, state });
    afterTest(third.stop);
    go("e-two");
    expect(await followed).toEqual(wholeOutput("e"));
    const { status, children } = await client.get(id);
    expect(status).toBe("succeeded");
    expect(children).toHaveLength(3);
    const started = readFileSync(starts, "utf8").split("\n");
    expect(started.filter((name) => name.startsWith("e-"))).toEqual(["e-one", "e-two"]);
  }, 120_000);
});
