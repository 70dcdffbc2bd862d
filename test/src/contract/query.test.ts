import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { get } from "../support/api.ts";
import { asAdmin, askWith, json, keyOf } from "../support/identity.ts";
import { writeIndexRow } from "../support/rows.ts";
import { clientWith, fetchWorker, ORIGIN, registerActions } from "../support/world.ts";

const client = clientWith();
let id = "";

beforeAll(async () => {
  await registerActions();
  ({ id } = await client.create({ action: "core.local", parameters: { cmd: "true" } }));
  await client.cancel(id);
});

describe("a query's values", () => {
  it.each(["true", "1", "yes", "y", "True", "YES", "false", "0", "no", "n", "False", ""])(
    "are cast: %j is a boolean",
    async (text) => {
      expect((await get(`/v1/executions/${id}/result?pretty_format=${text}`)).status).toBe(200);
    },
  );

  it.each(["maybe", "2", "on"])("are cast: %j is no boolean", async (text) => {
    const { status, body } = await get(`/v1/executions/${id}/result?pretty_format=${text}`);
    expect(status).toBe(400);
    expect(body.faultstring).toBe('Parameter "pretty_format" is not of type boolean');
  });

  it.each([
    ["limit=ten", 400, 'Parameter "limit" is not of type integer'],
    ["limit=1.5", 400, 'Parameter "limit" is not of type integer'],
    ["offset=x", 400, 'Parameter "offset" is not of type integer'],
    ["limit=0", 400, 'Limit, "0" specified, must be a positive number or -1 for full result set.'],
    ["limit=-22", 400, 'Limit, "-22" specified, must be a positive number.'],
    ["offset=2147483648", 400, 'Offset "2147483648" specified is more than 32-bit int'],
    ["offset=-1", 400, 'Offset "-1" specified, must be zero or more.'],
    ["offset=9007199254740993", 400, 'Offset "9007199254740993" specified is more than 32-bit int'],
    [`offset=1${"0".repeat(400)}`, 400, `Offset "1${"0".repeat(400)}" specified is more than 32-bit int`],
    ["limit=-9007199254740993", 400, 'Limit, "-9007199254740993" specified, must be a positive number.'],
  ])("have bounds: %s", async (query, status, text) => {
    for (const list of ["executions", "actions", "packs", "runnertypes"]) {
      const answer = await get(`/v1/${list}?${query}`);
      expect(answer.status).toBe(status);
      expect(answer.body).toEqual({ faultstring: text, code: "invalid", request_id: expect.any(String) });
    }
  });

  it("may be larger than any list is long", async () => {
    for (const list of ["executions", "actions", "packs", "runnertypes", "keys"])
      expect((await get(`/v1/${list}?limit=9007199254740993`)).status).toBe(200);
  });

  it("with an unknown name are ignored", async () => {
    expect((await get("/v1/executions?colour=blue&limit=1")).status).toBe(200);
  });
});

describe("a list", () => {
  it.each(["executions", "actions", "packs", "runnertypes"])(
    "of %s has its total count, and its limit if one is in force",
    async (list) => {
      const first = await get(`/v1/${list}?limit=1`);
      expect(first.headers.get("x-limit")).toBe("1");
      expect(first.headers.get("content-type")).toMatch(/^application\/json/);
      const all = await get(`/v1/${list}?limit=-1`);
      expect(all.headers.has("x-limit")).toBe(false);
      expect(all.body).toHaveLength(Number(all.headers.get("x-total-count")));
      expect(first.headers.get("x-total-count")).toBe(all.headers.get("x-total-count"));
      expect((await get(`/v1/${list}`)).headers.get("x-limit")).toBe("100");
    },
  );

  it("without a limit has all rows, in order and once, over several pages", async () => {
    const rows = Array.from({ length: 250 }, (_, at) => ({
      action: "query.many",
      start_timestamp: `2026-11-01T00:${String(Math.floor(at / 5)).padStart(2, "0")}:00.000000Z`,
    }));
    const written = [];
    for (const row of rows) written.push(await writeIndexRow(row));
    const wanted = written
      .map((row) => [row.start_timestamp, row.id])
      .sort()
      .reverse()
      .map(([, rowId]) => rowId);
    const ids = async (query: string) =>
      (await get(`/v1/executions?action=query.many&${query}`)).body.map((row: { id: string }) => row.id);
    expect(await ids("limit=-1")).toEqual(wanted);
    expect(await ids("limit=-1&sort_asc=True")).toEqual(wanted.toReversed());
    expect(await ids("limit=150&offset=30")).toEqual(wanted.slice(30, 180));
    expect(await ids("limit=7&offset=243")).toEqual(wanted.slice(243));
    expect(await ids("limit=7&offset=250")).toEqual([]);
    for (const offset of [1, 99, 100, 124, 125, 126, 199, 249])
      expect(await ids(`limit=3&offset=${offset}`)).toEqual(wanted.slice(offset, offset + 3));
    expect(await ids("")).toEqual(wanted.slice(0, 100));
  });

  it("longer than a page needs an administrator", async () => {
    const ask = askWith({ RBAC_ENABLED: true });
    const { headers } = await keyOf(ask, "olga");
    const assignment = { user: "olga", role: "observer" };
    await json(
      await ask("/api/v1/rbac/role_assignments", { method: "POST", headers: asAdmin, body: assignment }),
      201,
    );
    const texts = {
      "limit=-1": "Administrator access required to be able to specify limit=-1 and retrieve all the records",
      "limit=1000": 'Limit "1000" specified, maximum value is "100"',
    };
    for (const [query, faultstring] of Object.entries(texts)) {
      const refused = await ask(`/v1/executions?${query}`, { headers });
      expect(await json(refused, 403)).toEqual({
        faultstring,
        code: "forbidden",
        request_id: expect.any(String),
      });
    }
    expect((await ask("/v1/executions?limit=100", { headers })).status).toBe(200);
  });
});

describe("every answer", () => {
  it("has the id of its request: the given one, or a new one", async () => {
    expect((await get("/v1/user")).headers.get("x-request-id")).toMatch(/\S{8,}/);
    const response = await fetchWorker(`${ORIGIN}/v1/user`, {
      headers: { "st2-api-key": env.TAILRACE_API_KEY, "x-request-id": "a-request-of-mine" },
    });
    expect(response.headers.get("x-request-id")).toBe("a-request-of-mine");
  });
});
