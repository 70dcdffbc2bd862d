import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { Execution } from "../../../protocol/model/execution.ts";
import { deleteRow, writeRow } from "../../../src/index/executions.ts";
import { get } from "../support/api.ts";
import { writeIndexRow } from "../support/rows.ts";
import { clientWith, ended, run } from "../support/world.ts";

const client = clientWith();
const path = "/v1/executions";
/** Ten rows, a minute apart, by their place. The last two are children of the first. */
const rows: Execution[] = [];

beforeAll(async () => {
  for (let at = 0; at < 10; at++) {
    rows.push(
      await writeIndexRow({
        action: at % 2 === 0 ? "listed.even" : "listed.odd",
        status: at < 3 ? "failed" : "succeeded",
        user: at < 5 ? "ann" : "bob",
        start_timestamp: `2026-10-01T00:0${at}:00.000001Z`,
        ...(at < 8 ? {} : { parent: rows[0]?.id ?? "" }),
      }),
    );
  }
});

/** The places of the rows that a query lists, in its order, without rows of other tests. */
async function places(query: string): Promise<number[]> {
  const { status, body } = await get(`${path}?limit=-1&${query}`);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body
    .map(({ id }: Execution) => rows.findIndex((row) => row.id === id))
    .filter((at: number) => at !== -1);
}

const ALL = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0];
const at = (place: number) => `2026-10-01T00:0${place}:00.000001Z`;

describe("GET /executions", () => {
  it.each([
    ["", ALL],
    ["action=listed.even", [8, 6, 4, 2, 0]],
    ["status=failed", [2, 1, 0]],
    ["status=married", []],
    ["action=listed.even&status=failed", [2, 0]],
    ["user=bob", [9, 8, 7, 6, 5]],
    ["runner=local-shell-cmd&user=ann", [4, 3, 2, 1, 0]],
    ["runner=noop", []],
    ["parent=null", ALL.slice(2)],
    ["parent=null&status=&action=&trigger_type=&rule=&user=bob", [7, 6, 5]],
    ["rule=any.rule", []],
    ["rule=null&user=bob", [9, 8, 7, 6, 5]],
    ["trigger=a", []],
    ["trigger_type=a", []],
    ["trigger_instance=6b04912e0000abcdef000001", []],
    [`timestamp_gt=${at(6)}`, [7, 8, 9]],
    [`timestamp_lt=${at(3)}`, [2, 1, 0]],
    [`timestamp_gt=${at(2)}&timestamp_lt=${at(5)}`, [4, 3]],
    [`timestamp=${at(3)}..${at(5)}`, [3, 4, 5]],
    [`timestamp=${at(5)}..${at(3)}`, [5, 4, 3]],
    [`timestamp=${at(4)}`, [4]],
    ["timestamp_gt=2026-10-01T00:06:00Z&timestamp_lt=2026-10-02", [9, 8, 7, 6]],
    ["timestamp_gt=2026-10-01T02:07:00.5%2B02:00", [8, 9]],
    ["sort_asc=True", ALL.toReversed()],
    ["sort_desc=True", ALL],
    ["sort=timestamp", ALL.toReversed()],
    ["sort=-timestamp", ALL],
    ["sort=%2Btimestamp", ALL.toReversed()],
    ["sort=colour", ALL],
    ["filter=action.ref:listed.odd", [9, 7, 5, 3, 1]],
    ["filter=action.ref:listed.odd%20context.user:ann", [3, 1]],
  ])("lists by %j", async (query, wanted) => {
    expect(await places(query)).toEqual(wanted);
  });

  it("lists by ids, by live action and by parent", async () => {
    const [first, second] = rows;
    expect(await places(`id=${first?.id},${second?.id}`)).toEqual([1, 0]);
    expect(await places(`id=${first?.id.toUpperCase()}`)).toEqual([0]);
    expect(await places(`liveaction=${second?.liveaction.id}`)).toEqual([1]);
    expect(await places(`parent=${first?.id}`)).toEqual([9, 8]);
  });

  it("sorts by another column, and then by id", async () => {
    const wanted = rows
      .map(({ status, id }, place) => ({ key: `${status} ${id}`, place }))
      .sort((a, b) => (a.key < b.key ? -1 : 1))
      .map(({ place }) => place);
    expect(await places("sort=status&action=listed.even")).toEqual(wanted.filter((p) => p % 2 === 0));
    expect(await places("sort=-status&action=listed.odd")).toEqual(
      wanted.filter((p) => p % 2 === 1).toReversed(),
    );
  });

  it("counts all matches, and skips the given number", async () => {
    const page = await get(`${path}?action=listed.even&limit=2&offset=1`);
    expect(page.headers.get("x-total-count")).toBe("5");
    expect(page.headers.get("x-limit")).toBe("2");
    expect(page.body.map(({ id }: Execution) => id)).toEqual([rows[6]?.id, rows[4]?.id]);
  });

  it("updates its counts when rows change or are deleted", async () => {
    const total = async (query: string) =>
      Number((await get(`${path}?limit=1&${query}`)).headers.get("x-total-count"));
    const action = "counted.rows";
    const row = await writeIndexRow({ action, status: "running" });
    const child = await writeIndexRow({ action, status: "running", parent: row.id });
    expect(await total(`action=${action}`)).toBe(2);
    expect(await total(`action=${action}&parent=null`)).toBe(1);
    await writeRow(env.INDEX, { ...row, status: "failed" }, 2);
    await writeRow(env.INDEX, { ...row, status: "running" }, 1);
    expect(await total(`action=${action}&status=running`)).toBe(1);
    expect(await total(`action=${action}&status=failed&user=ann`)).toBe(1);
    await deleteRow(env.INDEX, child.id);
    await deleteRow(env.INDEX, child.id);
    expect(await total(`action=${action}`)).toBe(1);
    expect(await total(`action=${action}&status=running`)).toBe(0);
    // A count row by row gives the same.
    expect(await total(`action=${action}&timestamp_gt=2020-01-01`)).toBe(1);
  });

  it.each([
    ["id=100", "'100' is not a valid ObjectId, it must be a 12-byte input or a 24-character hex string"],
    [`id=${"6b04912e0000abcdef000001,".repeat(101)}`, "A request may name at most 100 ids."],
    ["timestamp=yesterday", '"yesterday" is not a timestamp like 2017-09-12T13:31:28.608095Z.'],
    ["timestamp_gt=2026-99-01T00:00:00Z", /is not a timestamp/],
    ["timestamp_lt=x", /is not a timestamp/],
    ["timestamp=2026-01-01..x", /is not a timestamp/],
    ["filter=status", 'invalid format for filter "status"'],
    ["filter=colour:blue", 'Cannot resolve field "colour"'],
    [
      "include_attributes=id&exclude_attributes=result",
      /^exclude_fields and include_fields arguments are mutually exclusive/,
    ],
    ["exclude_attributes=action", "Invalid or unsupported exclude attribute specified: action"],
  ])("refuses %s", async (query, text) => {
    const { status, body } = await get(`${path}?${query}`);
    expect(status).toBe(400);
    if (typeof text === "string") expect(body.faultstring).toBe(text);
    else expect(body.faultstring).toMatch(text);
  });

  it("returns the requested attributes complete, and always the id", async () => {
    const list = async (query: string) => (await get(`${path}?action=listed.odd&limit=1&${query}`)).body[0];
    expect(Object.keys(await list("include_attributes=status,action.ref,status")).sort()).toEqual([
      "action",
      "id",
      "status",
    ]);
    expect((await list("include_attributes=action.ref")).action.ref).toBe("listed.odd");
    expect(Object.keys(await list("include_attributes=colour"))).toEqual(["id"]);
    expect(await list("exclude_attributes=status,trigger_instance")).not.toHaveProperty("status");
    expect((await list("")).liveaction.parameters).toEqual({ cmd: "true" });
  });

  it("has the results of a page, unless they are excluded", async () => {
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const list = async (query: string) => (await get(`${path}?id=${id}&${query}`)).body[0];
    expect((await list("")).result).toMatchObject({ succeeded: true });
    expect((await list("include_attributes=result")).result).toMatchObject({ succeeded: true });
    for (const query of ["exclude_attributes=result", "include_attributes=status", "limit=-1"])
      expect(await list(query)).not.toHaveProperty("result");
    expect((await list("limit=-1")).result_size).toBeGreaterThan(0);
  });
});

describe("GET /executions/views/filters", () => {
  it("returns the possible values of each filter", async () => {
    const { body } = await get(`${path}/views/filters`);
    expect(Object.keys(body).sort()).toEqual([
      "action",
      "rule",
      "runner",
      "status",
      "trigger",
      "trigger_type",
      "user",
    ]);
    expect(body.action).toEqual(expect.arrayContaining(["listed.even", "listed.odd"]));
    expect(body.action).toEqual(body.action.toSorted());
    expect(body.user).toEqual(expect.arrayContaining(["ann", "bob"]));
    expect(body.rule).toEqual([]);
  });

  it("returns the requested filters only", async () => {
    const { body } = await get(`${path}/views/filters?types=runner,rule`);
    expect(body).toEqual({ runner: ["local-shell-cmd"], rule: [] });
  });
});

describe("GET /executions/{id}/children", () => {
  const ids = async (id: string, query = "") =>
    (await get(`${path}/${id}/children/${query}`)).body.map((child: Execution) => child.id);

  it("lists the whole tree depth first, each level by start time", async () => {
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    const child = (name: string, minute: number, parent: string) =>
      writeIndexRow({ action: `tree.${name}`, start_timestamp: at(minute), parent });
    const second = await child("second", 5, id);
    const first = await child("first", 1, id);
    const below_second = await child("below_second", 6, second.id);
    const below_first = await child("below_first", 9, first.id);
    const also_below_first = await child("also_below_first", 2, first.id);
    const deep = await child("deep", 0, below_first.id);
    const all = [first, also_below_first, below_first, deep, second, below_second];
    expect(await ids(id)).toEqual(all.map((one) => one.id));
    expect(await ids(id, "?depth=-1&result_fmt=")).toEqual(all.map((one) => one.id));
    expect(await ids(id, "?depth=1")).toEqual([first.id, second.id]);
    expect(await ids(id, "?depth=2")).not.toContain(deep.id);
  });

  it("is empty without children, and a 404 without an execution", async () => {
    const { id, token } = await run(client);
    await client.end(id, token, ended(0));
    expect(await ids(id)).toEqual([]);
    expect((await get(`${path}/ffffffffffffffffffffffff/children`)).status).toBe(404);
    expect((await get(`${path}/${id}/children?depth=deep`)).body.faultstring).toBe(
      'Parameter "depth" is not of type integer',
    );
  });
});
