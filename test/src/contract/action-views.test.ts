import { beforeAll, describe, expect, it } from "vitest";
import { get } from "../support/api.ts";
import { clientWith } from "../support/world.ts";

const count = { type: "integer", default: 3, position: 0 };
const token = { type: "string", secret: true, default: "hidden-default" };

beforeAll(async () => {
  await clientWith().register({
    actions: [
      {
        pack: "viewed",
        name: "command",
        runner_type: "local-shell-cmd",
        description: "Counts.",
        entry_point: "",
        parameters: {
          count,
          token,
          cmd: { immutable: true, default: "seq {{ count }}" },
          timeout: { default: 7, description: "How long to count." },
        },
      },
      {
        pack: "viewed",
        name: "far.off",
        runner_type: "remote-shell-cmd",
        parameters: { dir: { immutable: false }, parallel: { default: true } },
      },
      { pack: "viewed", name: "flow", runner_type: "orquesta", parameters: { count } },
    ],
  });
});

describe("the overview of an action, from which a form is made", () => {
  it("has the parameters of its runner beside its own, which count where both name one", async () => {
    const plain = (await get("/v1/actions/viewed.command")).body;
    const runner = (await get("/v1/runnertypes/local-shell-cmd")).body;
    const { body } = await get("/v1/actions/views/overview/viewed.command");
    const { parameters, ...rest } = body;
    expect({ ...rest, parameters: plain.parameters }).toEqual(plain);
    expect(parameters).toEqual({
      ...runner.runner_parameters,
      count,
      token: { type: "string", secret: true },
      cmd: { ...runner.runner_parameters.cmd, immutable: true, default: "seq {{ count }}" },
      timeout: { type: "integer", default: 7, description: "How long to count." },
    });
    expect((await get(`/v1/actions/views/overview/${plain.id}`)).body).toEqual(body);
    expect((await get("/v1/actions/views/parameters/viewed.command")).body).toEqual({ parameters });
  });

  it("keeps immutable what the runner makes immutable, whatever the action says", async () => {
    const { parameters } = (await get("/v1/actions/views/overview/viewed.far.off")).body;
    expect(parameters.dir).toMatchObject({ type: "string", default: "/tmp", immutable: true });
    expect(parameters.parallel).toMatchObject({ default: true, immutable: true });
  });

  it("has only the action's own parameters if the runner is not here", async () => {
    const { body } = await get("/v1/actions/views/overview/viewed.flow");
    expect(body).toMatchObject({ runner_type: "orquesta", parameters: { count } });
    expect(Object.keys(body.parameters)).toEqual(["count"]);
  });

  it("is listed for each action, with filters, pages and the attributes that are asked for", async () => {
    const list = (query: string) => get(`/v1/actions/views/overview${query}`);
    const { body, headers } = await list("?pack=viewed");
    expect(body.map(({ ref }: { ref: string }) => ref)).toEqual([
      "viewed.command",
      "viewed.far.off",
      "viewed.flow",
    ]);
    expect(headers.get("x-total-count")).toBe("3");
    for (const one of body) expect(one).toEqual((await list(`/${one.ref}`)).body);
    expect((await list("?name=far.off")).body).toEqual([body[1]]);
    expect((await list(`?id=${body[0].id},${body[2].id}`)).body).toEqual([body[0], body[2]]);
    expect((await list("?pack=viewed&limit=1&offset=1")).body).toEqual([body[1]]);
    expect((await list("/?limit=-1")).status).toBe(200);
    expect((await list("?pack=viewed&limit=1&include_attributes=entry_point")).body).toEqual([
      { id: body[0].id, ref: "viewed.command", entry_point: "" },
    ]);
    expect(await list("?limit=-22")).toMatchObject({
      status: 400,
      body: { faultstring: 'Limit, "-22" specified, must be a positive number.' },
    });
    expect(await list("?exclude_attributes=parameters")).toMatchObject({
      status: 400,
      body: { faultstring: "Invalid or unsupported exclude attribute specified: parameters" },
    });
  });

  it.each(["overview", "parameters"])("of an action that is not there is not found: %s", async (view) => {
    for (const unknown of ["viewed.nothing", "6b04912e0000abcdef000001"])
      expect(await get(`/v1/actions/views/${view}/${unknown}`)).toMatchObject({
        status: 404,
        body: { faultstring: `Resource with a reference or id "${unknown}" not found` },
      });
  });

  it("has no file of an entry point: scripts stay on their hosts", async () => {
    expect((await get("/v1/actions/views/entry_point/viewed.command")).status).toBe(404);
  });
});
