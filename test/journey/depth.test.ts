import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { VALUE_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { pythonOutcome, runs, writePythonPack } from "../support/python-pack.ts";
import { receive } from "../support/reader.ts";
import { scratch, startWorld, type World } from "../support/world.ts";

let world: World;
const folder = scratch();

/** Nested lists, as a program prints them. */
const print = (depth: number) => `printf '%*s' ${depth} | tr ' ' '['; printf '%*s' ${depth} | tr ' ' ']'`;
const nested = (depth: number) => "[".repeat(depth) + "]".repeat(depth);

beforeAll(async () => {
  writePythonPack(join(folder, "deep"), {
    returns: runs(
      `
        value = []
        for _ in range(given['depth'] - 1):
            value = [value]
        return value`,
      { depth: { type: "integer" } },
    ),
    asks: runs(`
        import http.client, socket
        connection = http.client.HTTPConnection('job')
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(os.environ['TAILRACE_JOB_SOCKET'])
        connection.request('POST', '/secrets', '[' * 100000, {'content-type': 'application/json'})
        return connection.getresponse().status`),
  });
  world = await startWorld({ agentArgs: ["--packs", folder] });
});
afterAll(() => world?.stop());

async function run(action: string, parameters: Record<string, unknown>): Promise<string> {
  return (await world.client.create({ action, parameters })).id;
}

describe("an action's output", () => {
  it.each([5_000, 100_000])(
    "stays text if it is JSON of %d levels, and disturbs no other run",
    async (depth) => {
      const { pid } = world.agent;
      const innocent = await run("core.local", { cmd: "sleep 1; echo '{\"a\": [1]}'" });
      const id = await run("core.local", { cmd: print(depth) });
      await receive(world.client, id);
      const { status, result } = await world.client.get(id);
      expect(status).toBe("succeeded");
      expect(result?.stdout).toBe(nested(depth));
      await receive(world.client, innocent);
      expect((await world.client.get(innocent)).result).toMatchObject({ stdout: { a: [1] } });
      expect(world.agent.pid).toBe(pid);
    },
  );

  it("is read as JSON up to the bound on depth", async () => {
    const id = await run("core.local", { cmd: print(VALUE_DEPTH_MAX) });
    await receive(world.client, id);
    expect(JSON.stringify((await world.client.get(id)).result?.stdout)).toBe(nested(VALUE_DEPTH_MAX));
  });
});

describe("the value of a Python action", () => {
  it.each([
    [VALUE_DEPTH_MAX, JSON.parse(nested(VALUE_DEPTH_MAX))],
    [VALUE_DEPTH_MAX + 1, nested(VALUE_DEPTH_MAX + 1)],
    [50_000, "<list that is nested too deep>"],
  ])("is kept as a value, or as text if it is too deep: %d levels", async (depth, result) => {
    const outcome = await pythonOutcome(world.client, await run("deep.returns", { depth }));
    expect(outcome).toMatchObject({ status: "succeeded", result });
  });
});

describe("the socket of a run", () => {
  it("refuses a request that is nested too deeply, and still serves others", async () => {
    const outcome = await pythonOutcome(world.client, await run("deep.asks", {}));
    expect(outcome).toMatchObject({ status: "succeeded", result: 400 });
  });
});
