import { afterEach, describe, expect, it, vi } from "vitest";
import { EventHub } from "../../src/hub/hub.ts";
import { agent, client, connectAgents, headers, reach, shell, start } from "./support/chain-runs.ts";
import { chainOf, FAILED, PACK, printed, registerChains, take } from "./support/chains.ts";
import { eventually } from "./support/eventually.ts";
import { fetchWorker, ORIGIN } from "./support/world.ts";

connectAgents();

afterEach(() => {
  vi.restoreAllMocks();
});

/** A chain of three tasks that print, and a task for a failure. */
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
  it("reports each change of its status once", async () => {
    const publish = vi.spyOn(EventHub.prototype, "publish");
    await registerChains(client, chainOf("told", { chain: [shell("only")] }));
    const id = await start("told");
    await (await take(client, agent)).end();
    await reach(id, "succeeded");
    const told = () => publish.mock.calls.flatMap(([one]) => (one.execution.id === id ? [one] : []));
    await eventually(() => expect(told().at(-1)?.execution.status).toBe("succeeded"));
    const changes = told().flatMap(({ first, execution }) => [...execution.log.keys()].slice(first));
    expect(changes).toEqual([0, 1, 2, 3]);
  });

  it("runs one task after another, with the results and variables of the earlier ones", async () => {
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

  it("continues with on-failure, and ends with the status of its last task", async () => {
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

  it("begins with its default task, or with the task that no other task leads to", async () => {
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

  it("fails with StackStorm's words when a task cannot be run", async () => {
    const broken = (task: Record<string, unknown>) => ({ chain: [shell("only", task)] });
    await registerChains(
      client,
      chainOf("unknown", broken({ ref: "chains.absent" })),
      chainOf("undefined", broken({ parameters: { cmd: "{{ absent }}" } })),
      chainOf("syntax", broken({ parameters: { cmd: 'echo "{{ city }} {# names"' } })),
      chainOf("names", broken({ parameters: { cmd: "docker ps --format '{{.Names}}'" } })),
      chainOf("vars", { vars: { a: "{{ absent.b }}" }, chain: [shell("only")] }),
      chainOf("vars-syntax", { vars: { a: { b: ["{% if %}"] } }, chain: [shell("only")] }),
      chainOf("publish", broken({ publish: { x: "{{ only.absent.deep }}" } })),
      chainOf("config", broken({ parameters: { cmd: "{{ config_context.a }}" } })),
    );
    const errorOf = async (name: string) => String((await reach(await start(name), "failed")).result?.error);
    expect(await errorOf("unknown")).toBe(
      'Failed to run task "only". Action with reference "chains.absent" doesn\'t exist.. ' +
        "Task :: only - Action with ref chains.absent not registered.",
    );
    expect(await errorOf("undefined")).toMatch(
      /^Failed to run task "only"\. Parameter rendering failed\.\. Failed rendering value for action parameter "cmd" in task "only" \(template string=\{\{ absent \}\}\): 'absent' is undefined$/,
    );
    expect(await errorOf("syntax")).toBe(
      'Failed to run task "only". Parameter rendering failed.. Failed rendering value for action parameter "cmd" in task "only" ' +
        '(template string=echo "{{ city }} {# names"): Missing end of comment tag',
    );
    expect(await errorOf("names")).toMatch(
      /^Failed to run task "only"\. Parameter rendering failed\.\. .*unexpected '\.'$/,
    );
    expect(await errorOf("vars")).toMatch(/^Failed initializing ``vars`` in chain\.\. /);
    expect(await errorOf("vars-syntax")).toMatch(
      /^Failed initializing ``vars`` in chain\.\. .*Expected an expression/,
    );
    expect(await errorOf("config")).toMatch(/a pack's configuration stays on its hosts/);
    const id = await start("publish");
    await (await take(client, agent)).end();
    const { result } = await reach(id, "failed");
    expect(result).toMatchObject({
      tasks: [{ state: "succeeded" }],
      error: expect.stringMatching(/^Failed rendering value for publish parameter "x" in task "only"/),
    });
  });

  it("treats a task whose parameters do not fit as failed", async () => {
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

  it("without an end is ended at its bound on tasks", async () => {
    const round = { name: "round", ref: "chains.off", "on-failure": "round" };
    await registerChains(client, chainOf("round", { chain: [round] }));
    const { result } = await reach(await start("round"), "failed");
    expect(result?.error).toBe("A run of a chain starts at most 1000 tasks.");
    expect(result?.tasks).toHaveLength(1000);
  });

  it("that starts itself is ended at the bound on depth", async () => {
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

  it("passes a task's output to the next task unchanged, even if it contains marks of templates", async () => {
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
    // The agent renders the literal, which gives the printed text.
    const literal = '{{ "\\u007b\\u007b st2kv.system.k \\u007d\\u007d \\"\\u007b% x %\\u007d\\"\\n" }}';
    expect(parameters).toMatchObject({ cmd: literal, object: { a: [literal] } });
    await end();
    await reach(id, "succeeded");
  });

  it("reads the key-value table, renders its own parameters, and knows its user", async () => {
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

  it("shows no secret of its tasks' parameters, their results or its published variables", async () => {
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
    // The command of `use` is no secret parameter: the chain's author put the secret there.
    const texts = shown.filter((one) => one.id !== use.id).map((one) => JSON.stringify(one));
    for (const text of texts) expect(text).not.toMatch(/hunter22|s3cr3t-t0ken/);
    const open = await fetchWorker(`${ORIGIN}/v1/executions/${id}?show_secrets=true`, { headers });
    expect(await open.json()).toMatchObject({ result: { published: { again: "s3cr3t-t0ken" } } });
  });

  it("can be run again with its parameters", async () => {
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
