import { evictDurableObject, runDurableObjectAlarm } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Execution } from "../../protocol/execution.ts";
import { chainOf, FAILED, PACK, printed, registerChains, take } from "./support/chains.ts";
import { readAll } from "./support/events.ts";
import { eventually } from "./support/eventually.ts";
import { clientWith, fetchWorker, ORIGIN, TestAgent } from "./support/world.ts";

const client = clientWith();
const headers = { "st2-api-key": env.TAILRACE_API_KEY };

let agent: TestAgent;
beforeEach(async () => {
  agent = await TestAgent.connect("default");
  agent.hello({ slots: 50, runners: ["local-shell-cmd", "remote-shell-cmd", "python-script"] });
  await agent.expect("welcome");
});
afterEach(() => {
  vi.useRealTimers();
  agent.close();
});

const start = async (name: string, parameters: Record<string, unknown> = {}): Promise<string> =>
  (await client.create({ action: `${PACK}.${name}`, parameters })).id;

/** The document once the execution has come to a status. */
function reach(id: string, status: Execution["status"]): Promise<Execution> {
  return eventually(async () => {
    const execution = await client.get(id);
    expect(execution.status).toBe(status);
    return execution;
  });
}

async function put(id: string, status: string): Promise<{ status: number; body: { faultstring?: string } }> {
  const response = await fetchWorker(`${ORIGIN}/v1/executions/${id}`, {
    method: "PUT",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ status }),
  });
  return { status: response.status, body: await response.json() };
}

/** Evicts an execution's object, its followers' sockets kept as they are by hibernation. */
async function evict(id: string): Promise<void> {
  const object = env.EXECUTION.getByName(id);
  // Only what runs can be evicted.
  await object.standing();
  await evictDurableObject(object, { webSockets: "hibernate" });
}

/** What there is of an output. */
const textOf = async (id: string): Promise<string> => (await client.output(id, { follow: "false" })).text();

const shell = (name: string, more: Record<string, unknown> = {}) => ({ name, ref: `${PACK}.shell`, ...more });

/** A chain of three tasks that print, with an answer to what goes wrong. */
const THREE = {
  vars: { greeting: "Hello {{ whom }}", port: 8080 },
  chain: [
    shell("first", {
      parameters: { cmd: "echo {{ greeting }}", count: "{{ port + 1 }}" },
      publish: { said: "{{ first.stdout }}!" },
      "on-success": "second",
      "on-failure": "sorry",
    }),
    shell("second", {
      params: { cmd: "echo {{ said }} {{ first.return_code }}", names: ["{{ said }}", "b"] },
      "on-success": "third",
      "on-failure": "sorry",
    }),
    shell("third", { parameters: { cmd: "true" } }),
    shell("sorry", { parameters: { cmd: "echo sorry" } }),
  ],
};

describe("a chain", () => {
  it("runs one task after the other, over the results and variables of those before", async () => {
    await registerChains(client, chainOf("three", THREE, { parameters: { whom: { default: "World" } } }));
    const id = await start("three", { whom: "you" });
    const first = await take(client, agent);
    expect(first).toMatchObject({ name: "first", parameters: { cmd: "echo Hello you", count: 8081 } });
    await first.end(printed("Hello"));
    const second = await take(client, agent);
    expect(second).toMatchObject({
      name: "second",
      parameters: { cmd: "echo Hello! 0", names: ["Hello!", "b"] },
    });
    await second.end();
    await (await take(client, agent)).end();
    const { result, children, log, context } = await reach(id, "succeeded");
    expect(log.map(({ status }) => status)).toEqual(["requested", "scheduled", "running", "succeeded"]);
    expect(children).toHaveLength(3);
    expect(context).toMatchObject({ pack: PACK });
    expect(result).toMatchObject({
      tasks: [
        {
          id: "first",
          name: "first",
          execution_id: first.id,
          workflow: null,
          state: "succeeded",
          created_at: expect.stringMatching(/Z$/),
          updated_at: expect.stringMatching(/Z$/),
          result: { stdout: "Hello", return_code: 0 },
        },
        { name: "second", execution_id: second.id },
        { name: "third" },
      ],
      published: { said: "Hello!" },
    });
    expect(await client.get(first.id)).toMatchObject({
      parent: id,
      context: {
        parent: { execution_id: id, pack: PACK, user: context.user },
        chain: { name: "first", ref: "chains.shell", on_success: "second", on_failure: "sorry" },
      },
    });
    expect(await client.get(id)).toMatchObject({
      action: { runner_type: "action-chain" },
      runner: { name: "action-chain" },
      liveaction: { action_is_workflow: true },
    });
  });

  it("goes on with on-failure, and ends as its last task does", async () => {
    await registerChains(client, chainOf("three", THREE, { parameters: { whom: {} } }));
    const id = await start("three", { whom: "you" });
    await (await take(client, agent)).end({ ...FAILED });
    const sorry = await take(client, agent);
    expect(sorry.name).toBe("sorry");
    await sorry.end();
    const { result } = await reach(id, "succeeded");
    expect(result).toMatchObject({ tasks: [{ state: "failed" }, { state: "succeeded" }] });
    const other = await start("three");
    await (await take(client, agent)).end({ ...FAILED, status: "timeout" });
    await (await take(client, agent)).end({ ...FAILED, status: "timeout" });
    await reach(other, "timeout");
    const abandoned = await start("three");
    await (await take(client, agent)).end({ ...FAILED, status: "abandoned" });
    await (await take(client, agent)).end({ ...FAILED, status: "abandoned" });
    await reach(abandoned, "failed");
  });

  it("begins with the task that nothing leads to, or with its default", async () => {
    const tasks = [shell("b", { "on-success": "c" }), shell("a", { "on-success": "b" }), shell("c")];
    await registerChains(
      client,
      chainOf("found", { chain: tasks }),
      chainOf("named", { chain: tasks, default: "c" }),
    );
    const id = await start("found");
    const names: unknown[] = [];
    for (let at = 0; at < 3; at++) {
      const task = await take(client, agent);
      names.push(task.name);
      await task.end();
    }
    expect(names).toEqual(["a", "b", "c"]);
    await reach(id, "succeeded");
    const other = await start("named");
    const only = await take(client, agent);
    expect(only.name).toBe("c");
    await only.end();
    await reach(other, "succeeded");
  });

  it("fails with StackStorm's words where a task cannot be run", async () => {
    const broken = (task: Record<string, unknown>) => ({ chain: [shell("only", task)] });
    await registerChains(
      client,
      chainOf("unknown", broken({ ref: "chains.absent" })),
      chainOf("undefined", broken({ parameters: { cmd: "{{ absent }}" } })),
      chainOf("vars", { vars: { a: "{{ absent.b }}" }, chain: [shell("only")] }),
      chainOf("publish", broken({ publish: { x: "{{ only.absent.deep }}" } })),
      chainOf("config", broken({ parameters: { cmd: "{{ config_context.a }}" } })),
    );
    const errorOf = async (name: string) => String((await reach(await start(name), "failed")).result?.error);
    expect(await errorOf("unknown")).toBe(
      'Failed to run task "only". Action with reference "chains.absent" doesn\'t exist.. ' +
        "Task :: only - Action with ref chains.absent not registered.",
    );
    expect(await errorOf("undefined")).toMatch(
      /^Failed to run task "only"\. Parameter rendering failed\.\. Failed rendering value for action parameter "cmd" in task "only" \(template string=\{\{ absent \}\}\): absent is undefined$/,
    );
    expect(await errorOf("vars")).toMatch(/^Failed initializing ``vars`` in chain\.\. /);
    expect(await errorOf("config")).toMatch(/a pack's configuration stays on its hosts/);
    const id = await start("publish");
    await (await take(client, agent)).end();
    const { result } = await reach(id, "failed");
    expect(result).toMatchObject({
      tasks: [{ state: "succeeded" }],
      error: expect.stringMatching(/^Failed rendering value for publish parameter "x" in task "only"/),
    });
  });

  it("takes a task whose parameters do not fit for one that failed", async () => {
    const bad = { "on-failure": "sorry" };
    await registerChains(
      client,
      chainOf("unfit", {
        chain: [shell("only", { ...bad, parameters: { absent: 1 } }), shell("sorry")],
      }),
      chainOf("switched-off", { chain: [{ name: "only", ref: "chains.off", ...bad }, shell("sorry")] }),
    );
    for (const [name, reason] of [
      ["unfit", "Additional properties are not allowed ('absent' was unexpected)"],
      ["switched-off", 'Unable to execute. Action "chains.off" is disabled.'],
    ]) {
      const id = await start(name ?? "");
      const sorry = await take(client, agent);
      await sorry.end();
      const { result, children } = await reach(id, "succeeded");
      expect(result).toMatchObject({
        tasks: [
          {
            name: "only",
            execution_id: null,
            state: "failed",
            result: { error: `Failed running task "only".. ${reason}` },
          },
          { name: "sorry", state: "succeeded" },
        ],
      });
      expect(children).toEqual([sorry.id]);
    }
  });

  it("that goes round for ever is ended at its bound", async () => {
    const round = { name: "round", ref: "chains.off", "on-failure": "round" };
    await registerChains(client, chainOf("round", { chain: [round] }));
    const { result } = await reach(await start("round"), "failed");
    expect(result?.error).toBe("A run of a chain starts at most 1000 tasks.");
    expect(result?.tasks).toHaveLength(1000);
  });

  it("that starts itself is ended at the depth that there may be", async () => {
    await registerChains(client, chainOf("self", { chain: [{ name: "again", ref: "chains.self" }] }));
    const id = await start("self");
    await reach(id, "failed");
    const tree = await client.children(id);
    expect(tree).toHaveLength(16);
    const deepest = tree.find(({ children = [] }) => children.length === 0);
    expect((await client.get(deepest?.id ?? "")).result).toMatchObject({
      tasks: [{ result: { error: expect.stringContaining("at most 16 others above it") } }],
    });
  });

  it("gives what a task printed to the next as it is, whatever marks of templates are in it", async () => {
    await registerChains(
      client,
      chainOf("literal", {
        chain: [
          shell("says", { "on-success": "hears" }),
          shell("hears", { parameters: { cmd: "{{ says.stdout }}", object: { a: ["{{ says.stdout }}"] } } }),
        ],
      }),
    );
    const id = await start("literal");
    await (await take(client, agent)).end(printed('{{ st2kv.system.k }} "{% x %}"\n'));
    const { parameters, end } = await take(client, agent);
    // The agent renders it, to what was printed.
    const literal = '{{ "\\u007b\\u007b st2kv.system.k \\u007d\\u007d \\"\\u007b% x %\\u007d\\"\\n" }}';
    expect(parameters).toMatchObject({ cmd: literal, object: { a: [literal] } });
    await end();
    await reach(id, "succeeded");
  });

  it("reads the key-value table, renders its own parameters, and knows who runs it", async () => {
    await client.setKey("where", { value: "north", secret: false, ttl: null });
    await registerChains(
      client,
      chainOf(
        "context",
        {
          chain: [
            shell("only", {
              parameters: {
                cmd: "{{ st2kv.system.where }} {{ whom }} {{ action_context.parent.user }} {{ action_context.parent.execution_id }}",
              },
            }),
          ],
        },
        { parameters: { whom: { type: "string", default: "at {{ st2kv.system.where }}" } } },
      ),
    );
    const id = await start("context");
    const { parameters, end } = await take(client, agent);
    const { context } = await client.get(id);
    expect(parameters.cmd).toBe(`north at north ${context.user} ${id}`);
    await end();
    await reach(id, "succeeded");
  });

  it("shows no secret: of its tasks' parameters, of their results, of what it published", async () => {
    await registerChains(
      client,
      chainOf(
        "secrets",
        {
          chain: [
            {
              name: "login",
              ref: "chains.login",
              parameters: { token: "{{ password }}" },
              publish: { token: "{{ login.result.token }}" },
              "on-success": "use",
            },
            shell("use", { parameters: { token: "{{ token }}", cmd: "with {{ password }}" } }),
          ],
        },
        { parameters: { password: { type: "string", secret: true } } },
      ),
      chainOf("outer", {
        chain: [
          {
            name: "inner",
            ref: "chains.secrets",
            parameters: { password: "hunter22" },
            publish: { again: "{{ inner.published.token }}" },
          },
        ],
      }),
    );
    const id = await start("outer");
    const login = await take(client, agent);
    expect(login.parameters.token).toBe("hunter22");
    await login.end({ result: { stdout: "", stderr: "", exit_code: 0, result: { token: "s3cr3t-t0ken" } } });
    const use = await take(client, agent);
    expect(use.parameters).toMatchObject({ token: "s3cr3t-t0ken", cmd: "with hunter22" });
    await use.end(printed("hunter22 and s3cr3t-t0ken"));
    const { result } = await reach(id, "succeeded");
    expect(result).toMatchObject({ published: { again: "********" } });
    const shown = await Promise.all(
      [id, ...(await client.children(id)).map((child) => child.id)].map((one) => client.get(one)),
    );
    // The command of `use` is no secret parameter: it is the author of the chain who put it there.
    const texts = shown.filter((one) => one.id !== use.id).map((one) => JSON.stringify(one));
    for (const text of texts) expect(text).not.toMatch(/hunter22|s3cr3t-t0ken/);
    const open = await fetchWorker(`${ORIGIN}/v1/executions/${id}?show_secrets=true`, { headers });
    expect(await open.json()).toMatchObject({ result: { published: { again: "s3cr3t-t0ken" } } });
  });

  it("runs again with its parameters", async () => {
    await registerChains(
      client,
      chainOf(
        "one",
        { chain: [shell("only", { parameters: { cmd: "{{ what }}" } })] },
        { parameters: { what: {} } },
      ),
    );
    const id = await start("one", { what: "first" });
    await (await take(client, agent)).end();
    await reach(id, "succeeded");
    const again = await client.reRun(id, { parameters: { what: "second" } });
    const task = await take(client, agent);
    expect(task.parameters.cmd).toBe("second");
    await task.end();
    const { context } = await reach(again.id, "succeeded");
    expect(context).toMatchObject({ "re-run": { ref: id } });
  });
});

/** Chains in chains: the path to the deepest task is `inner/deep`. */
const TREE = [
  chainOf("outer", {
    chain: [
      shell("before", { "on-success": "inner" }),
      { name: "inner", display_name: "the inner one", ref: "chains.inner", "on-success": "after" },
      shell("after"),
    ],
  }),
  chainOf("inner", { chain: [shell("deep", { "on-success": "deeper" }), shell("deeper")] }),
];

describe("the tree of a chain", () => {
  it("is followed as one: every chunk with its path, in order, and the end last", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const followed = readAll(client.follow(id));
    const tasks: Record<string, string> = {};
    for (const name of ["before", "deep", "deeper", "after"]) {
      const task = await take(client, agent);
      expect(task.name).toBe(name);
      tasks[name] = task.id;
      await task.print(1, `${name} 1\n`);
      await task.print(2, `${name} 2\n`);
      await task.end({ last_seq: 2 });
    }
    const records = await followed;
    const chunks = records.flatMap((record) => ("seq" in record ? [record] : []));
    const paths = ["before", "the inner one/deep", "the inner one/deeper", "after"];
    expect(chunks.map(({ seq, path, data }) => [seq, path, data])).toEqual(
      ["before", "deep", "deeper", "after"].flatMap((name, at) => [
        [2 * at + 1, paths[at], `${name} 1\n`],
        [2 * at + 2, paths[at], `${name} 2\n`],
      ]),
    );
    expect(chunks.map(({ execution_id }) => execution_id)).toEqual(
      Object.values(tasks).flatMap((task) => [task, task]),
    );
    expect(records.at(-1)).toMatchObject({ event: "end", status: "succeeded", last_seq: 8 });
    // A replay has the same, and each child its own.
    const replay = await readAll(client.follow(id, { transport: "sse" }));
    expect(replay.filter((record) => "seq" in record)).toEqual(chunks);
    expect(await textOf(tasks.deep ?? "")).toBe("deep 1\ndeep 2\n");
    const inner = (await client.get(tasks.deep ?? "")).parent ?? "";
    const tree = await client.children(id);
    expect(tree.map((one) => one.id)).toEqual([tasks.before, inner, tasks.deep, tasks.deeper, tasks.after]);
    expect((await client.get(inner)).context).toMatchObject({ chain: { display_name: "the inner one" } });
  });

  it("goes through a task that runs on several hosts, named after it", async () => {
    const login = { ref: `${PACK}.remote`, parameters: { hosts: "web1,web2", cmd: "true" } };
    await registerChains(
      client,
      chainOf("spread", {
        chain: [{ name: "all", ...login, publish: { codes: "{{ all.web1.return_code }}" } }],
      }),
    );
    const id = await start("spread");
    const all = await take(client, agent);
    await all.expand("web1", "web2");
    const hosts = [await take(client, agent), await take(client, agent)];
    for (const host of hosts) {
      expect(host.name).toBeUndefined();
      await host.print(1, `from ${host.parameters.hosts}\n`);
    }
    for (const host of hosts) await host.end({ last_seq: 1, ...printed(String(host.parameters.hosts)) });
    const records = await readAll(client.follow(id));
    const texts = records.flatMap((record) => ("seq" in record ? [`${record.path}: ${record.data}`] : []));
    expect(texts.sort()).toEqual(["all/web1: from web1\n", "all/web2: from web2\n"]);
    const { result } = await reach(id, "succeeded");
    expect(result).toMatchObject({
      tasks: [{ name: "all", result: { web1: { stdout: "web1" }, web2: { stdout: "web2" } } }],
      published: { codes: "0" },
    });
    expect(await client.children(id)).toHaveLength(3);
  });

  it("waits for its delay to be over", async () => {
    await registerChains(client, ...TREE);
    const { id, status } = await client.create({ action: `${PACK}.outer`, delay: 20_000 });
    expect(status).toBe("delayed");
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 21_000 });
    await runDurableObjectAlarm(env.EXECUTION.getByName(id));
    const before = await take(client, agent);
    expect((await client.get(before.id)).parent).toBe(id);
    await client.cancel(id);
    await agent.expect("cancel");
    await before.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("survives the eviction of everything between two tasks, and starts each task once", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const followed = readAll(client.follow(id));
    const names: unknown[] = [];
    for (let at = 0; at < 4; at++) {
      const task = await take(client, agent);
      names.push(task.name);
      await task.print(1, `${task.name}\n`);
      const parent = (await client.get(task.id)).parent ?? "";
      for (const object of new Set([task.id, parent, id])) await evict(object);
      await task.end({ last_seq: 1 });
      for (const object of new Set([task.id, parent, id])) await evict(object);
    }
    expect(names).toEqual(["before", "deep", "deeper", "after"]);
    const records = await followed;
    expect(records.at(-1)).toMatchObject({ event: "end", status: "succeeded", last_seq: 4 });
    expect((await client.get(id)).children).toHaveLength(3);
    expect(await client.children(id)).toHaveLength(5);
  });

  it("waits for an index that is away, and then starts the task that it had decided on", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    try {
      await before.end();
      await eventually(async () => expect((await client.get(id)).children).toHaveLength(2));
      await evict(id);
    } finally {
      await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    }
    const [, planned] = (await client.get(id)).children ?? [];
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
    await eventually(async () => {
      await runDurableObjectAlarm(env.EXECUTION.getByName(id));
      expect((await client.get(planned ?? "")).status).toBe("running");
    });
    const deep = await take(client, agent);
    expect((await client.get(deep.id)).parent).toBe(planned);
    await client.cancel(id);
    await agent.expect("cancel");
    await deep.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("is canceled as a whole, the task that runs first", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    await (await take(client, agent)).end();
    const deep = await take(client, agent);
    await client.cancel(id);
    expect((await client.get(id)).status).toBe("canceling");
    expect(await agent.expect("cancel")).toMatchObject({ execution_id: deep.id });
    await deep.print(1, "last words\n");
    await deep.end({ last_seq: 1, status: "canceled" });
    const { result, children = [] } = await reach(id, "canceled");
    expect(result).toMatchObject({
      message: "Action canceled by user.",
      tasks: [{ state: "succeeded" }, { name: "inner", state: "canceled" }],
    });
    expect((await client.get(children[1] ?? "")).status).toBe("canceled");
    expect(await textOf(id)).toBe("last words\n");
  });

  it("is canceled where one of its tasks is", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    await (await take(client, agent)).end();
    const deep = await take(client, agent);
    await client.cancel(deep.id);
    await agent.expect("cancel");
    await deep.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("pauses once the task that runs has ended, at every depth, and goes on where it was", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    await (await take(client, agent)).end();
    const deep = await take(client, agent);
    const inner = (await client.get(deep.id)).parent ?? "";
    expect((await put(id, "pausing")).status).toBe(200);
    await reach(inner, "pausing");
    await reach(id, "pausing");
    expect((await client.get(deep.id)).status).toBe("running");
    await deep.print(1, "to its end\n");
    await deep.end({ last_seq: 1 });
    await reach(inner, "paused");
    const { context } = await reach(id, "paused");
    expect(context).toMatchObject({ paused_by: context.user });
    for (const object of [inner, id]) await evict(object);
    expect(await textOf(id)).toBe("to its end\n");
    expect((await put(id, "pausing")).status).toBe(200);
    expect((await put(id, "resuming")).status).toBe(200);
    const deeper = await take(client, agent);
    expect(deeper.name).toBe("deeper");
    await deeper.end();
    await (await take(client, agent)).end();
    const { log } = await reach(id, "succeeded");
    expect(log.map(({ status }) => status)).toEqual(
      "requested scheduled running pausing paused resuming running succeeded".split(" "),
    );
  });

  it("pauses where a chain in it does, and goes on with it", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    await (await take(client, agent)).end();
    const deep = await take(client, agent);
    const inner = (await client.get(deep.id)).parent ?? "";
    await put(inner, "pausing");
    expect((await client.get(id)).status).toBe("running");
    await deep.end();
    await reach(id, "paused");
    await put(id, "resuming");
    await (await take(client, agent)).end();
    await (await take(client, agent)).end();
    await reach(id, "succeeded");
  });

  it("is canceled while it pauses", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    await put(id, "pausing");
    await before.end();
    await reach(id, "paused");
    await client.cancel(id);
    await reach(id, "canceled");
    await expect(put(id, "resuming")).resolves.toMatchObject({
      status: 400,
      body: { faultstring: "Execution is already in completed state." },
    });
  });

  it("says in StackStorm's words what cannot be paused or resumed", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    const { liveaction } = await client.get(before.id);
    expect((await put(before.id, "pausing")).body.faultstring).toBe(
      `Failed updating execution. Unable to pause liveaction "${liveaction.id}" because it is not supported by the "local-shell-cmd" runner.`,
    );
    expect((await put(before.id, "resuming")).body.faultstring).toContain("Unable to resume liveaction");
    await client.cancel(id);
    await agent.expect("cancel");
    const own = (await client.get(id)).liveaction.id;
    expect((await put(id, "pausing")).body.faultstring).toBe(
      `Failed updating execution. Unable to pause liveaction "${own}" because it is not in a running state.`,
    );
    expect((await put(id, "resuming")).body.faultstring).toBe(
      `Failed updating execution. Unable to resume liveaction "${own}" because it is in "canceling" state and not in "paused" state.`,
    );
    await before.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("holds off a task that was decided on but not made when it was paused", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const before = await take(client, agent);
    await env.INDEX.exec("ALTER TABLE executions RENAME TO away");
    try {
      await before.end();
      await eventually(async () => expect((await client.get(id)).children).toHaveLength(2));
      await env.EXECUTION.getByName(id).pause("somebody");
      await reach(id, "paused");
    } finally {
      await env.INDEX.exec("ALTER TABLE away RENAME TO executions");
    }
    const [, planned] = (await client.get(id)).children ?? [];
    await expect(client.get(planned ?? "")).rejects.toMatchObject({ code: "execution_not_found" });
    await env.EXECUTION.getByName(id).resume("somebody");
    const deep = await take(client, agent);
    expect((await client.get(deep.id)).parent).toBe(planned);
    await client.cancel(id);
    await agent.expect("cancel");
    await deep.end({ status: "canceled" });
    await reach(id, "canceled");
  });

  it("takes a registered chain only whole", async () => {
    const chain = { chain: [shell("a", { "on-success": "b" })] };
    await expect(registerChains(client, chainOf("broken", chain))).rejects.toMatchObject({
      message: expect.stringContaining(
        'Unable to find node with name "b" referenced in "on-success" in task "a".',
      ),
    });
    await expect(registerChains(client, chainOf("broken", undefined))).rejects.toMatchObject({
      code: "invalid",
    });
  });
});
