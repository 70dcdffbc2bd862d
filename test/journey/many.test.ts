import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommandLine, userEnvironment } from "../support/command-line.ts";
import { Crowd } from "../support/crowd.ts";
import { receive, sha256 } from "../support/reader.ts";
import { startWorld, type World } from "../support/world.ts";

/** The whole size with TAILRACE_TEST_LONG=1, else a tenth. */
const PART = process.env.TAILRACE_TEST_LONG ? 1 : 0.1;
const SIZE = { children: 1_000 * PART, queued: 10_000 * PART, half_sent: 3_000 * PART };
const GATHER_MS_MAX = 3_600_000 * PART;

const LINES = 2_000;
const CMD = `i=0; while [ $i -lt ${LINES} ]; do i=$((i+1)); echo "line $i"; done`;
const WANTED = Array.from({ length: LINES }, (_, at) => `line ${at + 1}\n`).join("");

let world: World;
let crowd: Crowd;
beforeAll(async () => {
  // Half-sent requests stay half-sent.
  world = await startWorld({ vars: { BODY_WAIT_SECONDS: 3_600 } });
  crowd = new Crowd(world, SIZE);
});
afterAll(async () => {
  crowd?.leave();
  await world?.stop();
});

/** The event stream's output of an execution, as `st2 execution tail` requests it. */
async function streamed(id: string): Promise<string> {
  const { url, apiKey } = world.server;
  const query = new URLSearchParams({
    end_event: "st2.execution__update",
    end_execution_id: id,
    events: "st2.execution__update,st2.execution.output__create",
  });
  const response = await fetch(`${url}/stream/v1/stream?${query}`, { headers: { "st2-api-key": apiKey } });
  expect(response.status).toBe(200);
  let data = "";
  for (const line of (await response.text()).split("\n")) {
    if (!line.startsWith("data: ")) continue;
    const body = JSON.parse(line.slice("data: ".length));
    if (body.execution_id === id && body.output_type === "stdout") data += body.data;
  }
  return data;
}

describe(`with ${SIZE.children} children under way, ${SIZE.queued} queued and ${SIZE.half_sent} half-sent requests`, () => {
  it(
    "a user's runs succeed while the crowd gathers, and afterwards",
    async () => {
      const create = () =>
        world.client.create({ action: "core.local", parameters: { cmd: CMD, timeout: 600 } });
      const gathered = crowd.gather();
      const early = await create();
      expect((await receive(world.client, early.id)).sha256).toBe(sha256(WANTED));
      await gathered;
      const under_way = await world.client.list({ parent: crowd.parent, status: "running", limit: 1 });
      expect(under_way).toHaveLength(1);
      const late = await create();
      expect(await streamed(late.id)).toBe(WANTED);
      expect((await world.client.get(late.id)).status).toBe("succeeded");
      const env = userEnvironment(world);
      const { code, stdout } = await runCommandLine(["run", "core.local", `cmd=${CMD}`, "--tail"], { env });
      expect(code).toBe(0);
      expect(stdout).toContain(WANTED);
    },
    GATHER_MS_MAX,
  );

  it(
    "the run on many hosts has the output of each host",
    async () => {
      const { children = [] } = await world.client.get(crowd.parent);
      expect(children).toHaveLength(SIZE.children);
      expect((await world.client.get(crowd.parent)).output?.lines.stdout).toBe(SIZE.children);
    },
    GATHER_MS_MAX,
  );
});
