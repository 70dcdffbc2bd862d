import { beforeAll, describe, expect, it } from "vitest";
import { get } from "../support/api.ts";
import { clientWith } from "../support/world.ts";

const notify = { "on-complete": { message: "done" } };
const output_schema = { type: "object", properties: { lines: { type: "integer" } } };

beforeAll(async () => {
  const action = { pack: "shown", runner_type: "local-shell-cmd" as const };
  await clientWith().register({
    packs: [
      { ref: "shown", name: "Shown", version: "1.2.0", description: "For a test.", author: "Ann" },
      { ref: "other", name: "Other" },
    ],
    actions: [
      {
        ...action,
        name: "first",
        description: "The first.",
        entry_point: "first.sh",
        metadata_file: "actions/first.yaml",
        parameters: { cmd: { type: "string", required: true } },
        tags: [{ name: "kind", value: "example" }],
        output_schema,
        notify,
      },
      { ...action, name: "second.of.them" },
      { ...action, pack: "other", name: "first" },
      {
        pack: "other",
        name: "chained",
        runner_type: "action-chain",
        chain: { chain: [{ name: "only", ref: "shown.first", parameters: { cmd: "true" } }] },
      },
    ],
  });
});

describe("actions", () => {
  it("are listed in StackStorm's shape, with empty fields", async () => {
    const { body } = await get("/v1/actions?pack=shown");
    expect(body.map(({ ref }: { ref: string }) => ref)).toEqual(["shown.first", "shown.second.of.them"]);
    expect(body[0]).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      uid: "action:shown:first",
      ref: "shown.first",
      pack: "shown",
      name: "first",
      description: "The first.",
      enabled: true,
      entry_point: "first.sh",
      metadata_file: "actions/first.yaml",
      runner_type: "local-shell-cmd",
      parameters: { cmd: { type: "string", required: true } },
      tags: [{ name: "kind", value: "example" }],
      output_schema,
      notify,
      pool: "default",
    });
    expect(body[1]).toMatchObject({ description: "", entry_point: "", parameters: {}, tags: [] });
  });

  it.each([
    ["pack=shown", 2],
    ["pack=shown&name=first", 1],
    ["name=first", 2],
    ["pack=", 4],
    ["pack=nothing", 0],
  ])("are filtered by %s", async (query, count) => {
    const { body, headers } = await get(`/v1/actions?${query}`);
    expect(body).toHaveLength(count);
    expect(headers.get("x-total-count")).toBe(String(count));
  });

  it("are paged, and have the requested attributes", async () => {
    const page = await get("/v1/actions?include_attributes=pack%2Cdescription&limit=1&offset=2");
    expect(page.body).toEqual([
      { id: expect.any(String), ref: "shown.first", pack: "shown", description: "The first." },
    ]);
    expect(page.headers.get("x-total-count")).toBe("4");
    const ids = (await get("/v1/actions?pack=shown")).body.map(({ id }: { id: string }) => id);
    const named = await get(`/v1/actions?id=${ids.join(",")}&include_attributes=id`);
    expect(named.body).toEqual([
      { id: ids[0], ref: "shown.first" },
      { id: ids[1], ref: "shown.second.of.them" },
    ]);
    const excluded = (await get("/v1/actions?pack=shown&exclude_attributes=parameters,notify")).body[0];
    expect(excluded).not.toHaveProperty("parameters");
    expect((await get("/v1/actions?exclude_attributes=pack")).body.faultstring).toBe(
      "Invalid or unsupported exclude attribute specified: pack",
    );
  });

  it("are found by reference and by id", async () => {
    const { body } = await get("/v1/actions/shown.second.of.them");
    expect(body.ref).toBe("shown.second.of.them");
    expect((await get(`/v1/actions/${body.id}`)).body).toEqual(body);
    for (const unknown of ["shown.nothing", "6b04912e0000abcdef000001"])
      expect(await get(`/v1/actions/${unknown}`)).toMatchObject({
        status: 404,
        body: { faultstring: `Resource with a reference or id "${unknown}" not found` },
      });
  });

  it("do not show a chain's tasks", async () => {
    expect((await get("/v1/actions/other.chained")).body).not.toHaveProperty("chain");
    expect((await get("/v1/actions?pack=other&name=chained")).body[0]).not.toHaveProperty("chain");
  });
});

describe("runners", () => {
  it("are a list of one for a name, with StackStorm's parameters", async () => {
    const { body } = await get("/v1/runnertypes/?name=local-shell-cmd");
    expect(body).toHaveLength(1);
    expect(body[0]).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{24}$/),
      uid: "runner_type:local-shell-cmd",
      name: "local-shell-cmd",
      enabled: true,
      runner_package: "local_runner",
      runner_module: "local_runner",
      runner_parameters: { cmd: { type: "string" }, timeout: { type: "integer", default: 60 } },
      output_key: "stdout",
      output_schema: { type: "object", properties: { return_code: { type: "integer" } } },
    });
    expect((await get("/v1/runnertypes/?name=nothing")).body).toEqual([]);
  });

  it("are listed by name, with the requested attributes", async () => {
    const { body } = await get("/v1/runnertypes?include_attributes=id%2Cname%2Cdescription");
    const names = body.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["local-shell-cmd", "python-script", "action-chain"]));
    expect(names).toEqual(names.toSorted());
    expect(Object.keys(body[0]).sort()).toEqual(["description", "id", "name"]);
  });

  it("are found by name and by id", async () => {
    const { body } = await get("/v1/runnertypes/python-script");
    expect((await get(`/v1/runnertypes/${body.id}`)).body).toEqual(body);
    expect(await get("/v1/runnertypes/nothing")).toMatchObject({
      status: 404,
      body: { faultstring: 'Resource with a name or id "nothing" not found' },
    });
  });
});

describe("a list of packs or runners", () => {
  it.each(["packs", "runnertypes"])("is filtered by the attributes that name one: %s", async (list) => {
    const all = (await get(`/v1/${list}`)).body;
    const [, one] = all;
    for (const name of list === "packs" ? ["id", "name", "ref"] : ["id", "name"])
      expect((await get(`/v1/${list}?${name}=${encodeURIComponent(one[name])}`)).body).toEqual([one]);
    expect((await get(`/v1/${list}?name=&id=`)).body).toEqual(all);
    expect((await get(`/v1/${list}?id=6b04912e0000abcdef000001`)).body).toEqual([]);
  });
});

describe("packs", () => {
  it("are listed, and found by reference and by id", async () => {
    const { body } = await get("/v1/packs?include_attributes=ref,version");
    expect(body).toEqual([
      { id: expect.any(String), ref: "other", version: "" },
      { id: expect.any(String), ref: "shown", version: "1.2.0" },
    ]);
    const shown = await get("/v1/packs/shown");
    expect(shown.body).toMatchObject({ ref: "shown", name: "Shown", actions: 2, uid: "pack:shown" });
    expect((await get(`/v1/packs/${shown.body.id}`)).body).toEqual(shown.body);
    expect(await get("/v1/packs/nothing")).toMatchObject({
      status: 404,
      body: { faultstring: 'Resource with a ref or id "nothing" not found' },
    });
  });
});
