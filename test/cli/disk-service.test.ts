import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { serveDisk } from "../../cli/server/disk-service.ts";
import { afterTest, scratch } from "../support/world.ts";

it("the service that looks at the disk answers to its key only, and writes nothing for another user", async () => {
  const state = join(scratch(), "state");
  mkdirSync(state);
  const disk = await serveDisk({ state, key: "the key", executions: state });
  afterTest(disk.close);
  const ask = async (headers: Record<string, string>) => {
    const answer = await fetch(`http://${disk.address}/`, { headers });
    return { status: answer.status, text: await answer.text() };
  };
  expect(await ask({ "disk-key": "the key" })).toEqual({ status: 200, text: "has room" });
  // An attempt to write there would fail, and the service would answer with the failure.
  rmSync(state, { recursive: true });
  for (const headers of [{}, { "disk-key": "" }, { "disk-key": "another" }])
    expect(await ask(headers)).toEqual({ status: 403, text: "" });
});

it("it goes on without the folder that it looks at", async () => {
  const state = join(scratch(), "gone");
  const disk = await serveDisk({ state, key: "the key", executions: state });
  afterTest(disk.close);
  for (const path of ["/", "/reserve"]) {
    const answer = await fetch(`http://${disk.address}${path}`, { headers: { "disk-key": "the key" } });
    expect(await answer.text()).toBe("has room");
  }
});
