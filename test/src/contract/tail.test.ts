import { env } from "cloudflare:workers";
import { describe, expect, it, onTestFinished } from "vitest";
import { isCompleted, type Status } from "../../../protocol/base/status.ts";
import type { Rights } from "../../../protocol/model/permissions.ts";
import { begin, startOf } from "../../../src/reading/stream/begin.ts";
import { readStreamQuery } from "../../../src/reading/stream/query.ts";
import { api, get } from "../support/api.ts";
import {
  agent,
  cancelDuring,
  client,
  connectAgents,
  reach,
  shell,
  start,
  TREE,
} from "../support/chain-runs.ts";
import { chainOf, registerChains, type TakenTask, take } from "../support/chains.ts";
import { eventually } from "../support/eventually.ts";
import { asAdmin } from "../support/identity.ts";
import { openStream, type StreamEvent, type StreamReader } from "../support/stream.ts";

connectAgents();

const EVENTS = "st2.execution__update,st2.execution.output__create";

/** An event of the stream, as far as the client looks at it. */
interface Body {
  id?: string;
  status?: Status;
  context?: { parent?: { execution_id?: string }; chain?: { name?: string } };
  children?: string[];
  execution_id?: string;
  data?: string;
}

/** The requests of `st2 execution tail` for an execution that runs: its children, then the stream. */
async function tail(id: string): Promise<{ known: Set<string>; stream: StreamReader }> {
  const { body } = await api("GET", `/api/v1/executions/${id}?include_attributes=id%2Cchildren`);
  const key = encodeURIComponent(asAdmin["st2-api-key"]);
  const query = `st2-api-key=${key}&end_event=st2.execution__update&end_execution_id=${id}&events=${encodeURIComponent(EVENTS)}`;
  const stream = await openStream(`/stream/v1/stream?${query}`, {});
  onTestFinished(() => stream.close());
  return { known: new Set([id, ...(body.children ?? [])]), stream };
}

/**
 * The lines that the client prints for these events. It ignores an execution until it knows its parent. If the execution is a child itself,
 * it knows only the children that its first request has named, and stops at the first that has ended.
 */
function printed(known: Set<string>, events: readonly StreamEvent[], is_child = false): string[] {
  const lines: string[] = [];
  for (const { body } of events) {
    const { execution_id = "", data, status, context, id: of = "", children } = body as Body;
    if (status === undefined) {
      if (known.has(execution_id)) lines.push(String(data));
      continue;
    }
    const parent = context?.parent?.execution_id;
    if (!known.has(is_child ? of : (parent ?? of))) continue;
    known.add(of);
    const name = parent === undefined ? "" : (context?.chain?.name ?? "unknown");
    if (status === "running" && (parent !== undefined || !children)) lines.push(`${name} has started`);
    if (!isCompleted(status)) continue;
    lines.push(`${name} has finished (${status})`);
    if (is_child) break;
  }
  return lines;
}

async function play(name: string): Promise<TakenTask> {
  const task = await take(client, agent);
  expect(task.name).toBe(name);
  await task.print(1, `${name} 1\n`, `${name} 2\n`);
  return task;
}

/** The lines of a task of the tree, from its start to its end. */
const whole = (name: string) => [
  `${name} has started`,
  `${name} 1\n`,
  `${name} 2\n`,
  `${name} has finished (succeeded)`,
];

const TOLD = [
  ...whole("before"),
  "inner has started",
  ...whole("deep"),
  ...whole("deeper"),
  "inner has finished (succeeded)",
  ...whole("after"),
  " has finished (succeeded)",
];

describe("`st2 execution tail` of a chain", () => {
  it.each(["before", "deep", "deeper", "after"])(
    "that runs its task %s begins with the output of the tasks before it",
    async (at) => {
      await registerChains(client, ...TREE);
      const id = await start("outer");
      const tailing: Awaited<ReturnType<typeof tail>>[] = [];
      for (const name of ["before", "deep", "deeper", "after"]) {
        const task = await play(name);
        if (name === at) {
          const one = await tail(id);
          tailing.push(one);
          await one.stream.until(({ body }) => body.data === `${name} 2\n`);
        }
        await task.end({ last_seq: 2 });
      }
      const [{ known, stream }] = tailing as [Awaited<ReturnType<typeof tail>>];
      expect(printed(known, await stream.all())).toEqual(TOLD);
    },
  );

  it("that is a task itself begins with the output of its tasks, and does not end with a task that had ended before", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    for (const name of ["before", "deep"]) await (await play(name)).end({ last_seq: 2 });
    const deeper = await play("deeper");
    const inner = (await client.get(deeper.id)).parent ?? "";
    const { known, stream } = await tail(inner);
    await stream.until(({ body }) => body.data === "deeper 2\n");
    await deeper.print(3, "deeper 3\n");
    await deeper.end({ last_seq: 3 });
    expect(printed(known, await stream.all(), true)).toEqual([
      ...whole("deep").slice(0, -1),
      ...whole("deeper").slice(0, -1),
      "deeper 3\n",
      "deeper has finished (succeeded)",
    ]);
    await (await play("after")).end({ last_seq: 2 });
    await reach(id, "succeeded");
  });

  it("that has ended prints all of its output, also if that is more than a log sends before it is read", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    const line = `${"x".repeat(60_000)}\n`;
    for (const _ of ["before", "deep", "deeper", "after"]) {
      const task = await take(client, agent);
      for (const seq of [1, 2, 3]) await task.print(seq, line);
      await task.end({ last_seq: 3 });
    }
    await reach(id, "succeeded");
    const { known, stream } = await tail(id);
    const lines = printed(known, await stream.all());
    expect(lines.filter((text) => text === line)).toHaveLength(12);
    expect(lines.at(-1)).toBe(" has finished (succeeded)");
    const { body } = await get(`/api/v1/executions/${id}/output`);
    expect(body).toBe(line.repeat(12));
  });

  it("begins with new output if the query asks for that", async () => {
    await registerChains(client, ...TREE);
    const id = await start("outer");
    await (await play("before")).end({ last_seq: 2 });
    const deep = await play("deep");
    const query = {
      events: EVENTS,
      end_event: "st2.execution__update",
      end_execution_id: id,
      replay: "false",
    };
    const stream = await openStream(`/stream/v1/stream?${new URLSearchParams(query)}`);
    onTestFinished(() => stream.close());
    await deep.print(3, "deep 3\n");
    const told = await stream.until(({ body }) => body.data === "deep 3\n");
    expect(told.flatMap(({ body }) => body.data ?? [])).toEqual(["deep 3\n"]);
    await cancelDuring(id, deep, 3);
  });

  it("sends new events of tasks after the output of earlier tasks", async () => {
    await registerChains(client, ROW);
    const id = await start("row");
    await (await play("one")).end({ last_seq: 2 });
    const two = await play("two");
    const begun = await beginningOf(id);
    await two.end({ last_seq: 2 });
    const ended = await reach(two.id, "succeeded");
    const three = await play("three");
    const begins = await client.get(three.id);
    const { stream, subscription } = begun();
    for (const execution of [ended, begins])
      subscription.receive(JSON.stringify({ first: execution.log.length - 1, execution }));
    await eventually(() => expect(stream.text).toContain("three 2"));
    expect(printed(new Set([id]), eventsOf(stream.text))).toEqual([
      ...whole("one"),
      ...whole("two"),
      "three has started",
      "three 1\n",
      "three 2\n",
    ]);
    await three.end({ last_seq: 2 });
  });

  it("sends nothing of a task that its reader may not view, also if it has much output", async () => {
    await registerChains(client, ROW);
    const id = await start("row");
    for (const name of ["one", "two", "three"]) {
      const task = await play(name);
      await task.print(3, "x".repeat(60_000));
      await task.end({ last_seq: 3 });
    }
    await reach(id, "succeeded");
    const grant = { resource_uid: "action:chains:row", permission: "execution_view" as const, pool: null };
    const { stream } = (await beginningOf(id, { is_admin: false, grants: [grant] }))();
    await eventually(() => expect(stream.has_ended).toBe(true));
    expect(printed(new Set([id]), eventsOf(stream.text))).toEqual([" has finished (succeeded)"]);
    expect(stream.text).not.toContain("one 1");
  });
});

const ROW = chainOf("row", {
  chain: [shell("one", { "on-success": "two" }), shell("two", { "on-success": "three" }), shell("three")],
});

/** A stream that has read the earlier executions. The returned function begins it. */
async function beginningOf(id: string, rights: Rights = { is_admin: true, grants: [] }) {
  const asked = readStreamQuery(
    { events: EVENTS, end_event: "st2.execution__update", end_execution_id: id },
    true,
  );
  const begun = await startOf(env, asked, rights, await client.get(id));
  return () => {
    const stream = { text: "", has_ended: false };
    const subscription = begin(env, asked, rights, begun, {
      write: (frames) => {
        stream.text += frames;
      },
      end: () => {
        stream.has_ended = true;
      },
      fail: (error) => {
        throw error;
      },
    });
    onTestFinished(() => subscription.close());
    return { stream, subscription };
  };
}

function eventsOf(text: string): StreamEvent[] {
  return [...text.matchAll(/^event: (.*)\ndata: (.*)$/gm)].map(([, name = "", data = ""]) => ({
    name,
    body: JSON.parse(data),
  }));
}
