import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { pageStatement } from "../../src/index/execution-list.ts";
import type { Term } from "../../src/index/term.ts";
import { type Visible, visibleTerms } from "../../src/index/visible.ts";
import { readSelection } from "../../src/routes/executions/filter.ts";
import { asAdmin, askWith, type Granted, json, userWith } from "./support/identity.ts";
import { writeIndexRow } from "./support/rows.ts";
import { chunks, clientWith, ended, run } from "./support/world.ts";

const ask = askWith({ RBAC_ENABLED: true });
const client = clientWith();
const LIST: Granted = { permission_types: ["execution_list"] };
const view = (resource_uid: string): Granted => ({ permission_types: ["execution_view"], resource_uid });

/** Rows a minute apart, by their place. Each third is of another action; the last is a child of the first. */
const ACTIONS = ["seen.one", "seen.two", "hidden.one"];
const rows: Execution[] = [];

beforeAll(async () => {
  for (let at = 0; at < 30; at++) {
    rows.push(
      await writeIndexRow({
        action: ACTIONS[at % 3] ?? "",
        status: at < 15 ? "failed" : "succeeded",
        user: `user-of-${ACTIONS[at % 3]}`,
        start_timestamp: `2026-10-01T00:${String(at).padStart(2, "0")}:00.000000Z`,
        ...(at === 29 ? { parent: rows[0]?.id ?? "" } : {}),
      }),
    );
  }
});

async function places(headers: Record<string, string>, query = "") {
  const response = await ask(`/api/v1/executions?timestamp_lt=2026-10-02T00:00:00Z&${query}`, { headers });
  const listed = await json<Execution[]>(response);
  const total = Number(response.headers.get("x-total-count"));
  return { total, places: listed.map(({ id }) => rows.findIndex((row) => row.id === id)) };
}

const placesOf = (...actions: string[]) =>
  rows.flatMap(({ action: { ref } }, at) => (actions.includes(ref) ? [at] : [])).reverse();

describe("a list of executions", () => {
  it.each([
    ["nothing", [], []],
    ["an action", [view("action:seen:one")], ["seen.one"]],
    ["two actions", [view("action:seen:one"), view("action:hidden:one")], ["seen.one", "hidden.one"]],
    ["a pack", [view("pack:seen")], ["seen.one", "seen.two"]],
    [
      "an action of which one may run",
      [{ permission_types: ["action_execute"], resource_uid: "action:seen:two" }],
      ["seen.two"],
    ],
    ["a pack of a name that begins alike", [view("pack:see")], []],
    ["everything", [{ permission_types: ["execution_view"] }], ACTIONS],
  ])("has the visible executions, and counts and pages by them: %s", async (_, grants, actions) => {
    const { headers } = await userWith(ask, [LIST, ...grants]);
    const wanted = placesOf(...actions);
    expect(await places(headers)).toEqual({ total: wanted.length, places: wanted });
    const paged: number[] = [];
    for (let offset = 0; offset < wanted.length; offset += 7) {
      const page = await places(headers, `limit=7&offset=${offset}`);
      expect(page.total).toBe(wanted.length);
      paged.push(...page.places);
    }
    expect(paged).toEqual(wanted);
    const failed = wanted.filter((at) => at < 15);
    expect(await places(headers, "status=failed")).toEqual({ total: failed.length, places: failed });
    const hidden = wanted.filter((at) => at % 3 === 2);
    expect(await places(headers, "action=hidden.one")).toEqual({ total: hidden.length, places: hidden });
    const named = rows.slice(0, 3).map(({ id }) => id);
    expect((await places(headers, `id=${named.join(",")}`)).places).toEqual(wanted.filter((at) => at < 3));
  });

  it("has all for an observer and an administrator", async () => {
    for (const role of ["observer", "admin"])
      expect((await places((await userWith(ask, [], role)).headers)).total).toBe(30);
  });

  it("has the results and children of visible executions only", async () => {
    const execution = await run(client);
    await client.append(execution.id, execution.token, chunks(1, "done\n"));
    await client.end(execution.id, execution.token, {
      ...ended(1),
      result: { failed: false, succeeded: true, return_code: 0, stdout: "the result", stderr: "" },
    });
    const get = async (grants: Granted[], path: string) => {
      const { headers } = await userWith(ask, [LIST, ...grants]);
      return (await ask(path, { headers })).text();
    };
    const path = `/api/v1/executions?id=${execution.id}`;
    expect(await get([view("pack:seen")], path)).toBe("[]");
    await expect.poll(() => get([view("pack:core")], path)).toContain("the result");
  });

  it("of filters has the values of visible executions", async () => {
    const { headers } = await userWith(ask, [LIST, view("action:seen:one"), view("action:seen:two")]);
    expect(await json(await ask("/api/v1/executions/views/filters", { headers }))).toMatchObject({
      action: ["seen.one", "seen.two"],
      user: ["user-of-seen.one", "user-of-seen.two"],
      status: ["failed", "succeeded"],
    });
    const none = await userWith(ask, [LIST]);
    expect(
      await json(await ask("/api/v1/executions/views/filters", { headers: none.headers })),
    ).toMatchObject({
      action: [],
      user: [],
    });
  });
});

describe("the last execution", () => {
  it("is the last one that the user may view", async () => {
    const newest = await run(client);
    const { headers } = await userWith(ask, [view("pack:core")]);
    expect(await json(await ask("/api/v1/executions/last", { headers }))).toMatchObject({ id: newest.id });
    const other = await client.create({ action: "core.login", parameters: { user: "ann" } });
    expect(await json(await ask("/api/v1/executions/last", { headers: asAdmin }))).toMatchObject({
      id: other.id,
    });
    const one = await userWith(ask, [view("action:core:local")]);
    expect(await json(await ask("/api/v1/executions/last", { headers: one.headers }))).toMatchObject({
      id: newest.id,
    });
    const none = await userWith(ask, [LIST]);
    expect(await json(await ask("/api/v1/executions/last", { headers: none.headers }), 400)).toMatchObject({
      code: "no_executions",
    });
  });
});

it.each<Visible>([
  { by: "action", values: ["seen.one", "seen.two"] },
  { by: "action_pool", values: ["seen.one/gpu", "seen.two/default"] },
])(
  "a list of visible executions %j is merged in an index, and its pages are found without a document",
  async (visible) => {
    const { terms, ...order } = readSelection({ parent: "null" });
    for (const descending of [true, false]) {
      const selection = { ...order, descending, terms: [...terms, ...visibleTerms(visible)] };
      const plan = await planOf(pageStatement(selection, { offset: 4_000, total: 10_000 }, 100));
      expect(plan).not.toContain("SCAN executions USING INDEX");
      expect(plan).toMatch(
        /SEARCH one USING COVERING INDEX executions_completed \(.*\(start_timestamp,id\)[<>]/,
      );
    }
  },
);

async function planOf({ sql, values }: Term): Promise<string> {
  const { results } = await env.INDEX.prepare(`EXPLAIN QUERY PLAN ${sql}`)
    .bind(...values)
    .all<{ detail: string }>();
  return results.map(({ detail }) => detail).join("\n");
}
