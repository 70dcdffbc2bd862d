import { rmSync } from "node:fs";
import { expect, it } from "vitest";
import { Home } from "../../agent/state/home.ts";
import { Unable } from "../../agent/unable.ts";
import type { AgentMessage } from "../../protocol/wire/agent.ts";
import { afterTest, scratch, until } from "../support/world.ts";

it("an agent soon notices a disk that was good a moment ago, and says so once", async () => {
  const state = scratch();
  const said: AgentMessage[] = [];
  const home = new Home(state);
  const unable = new Unable(home, { info: () => undefined, warn: () => undefined }, (message) => {
    said.push(message);
  });
  afterTest(() => {
    unable.close();
    home.release();
  });
  expect(unable.look()).toBeUndefined();
  rmSync(state, { recursive: true });
  const why = await until("it is noticed", () => unable.look());
  expect(why).toContain("was removed (ENOENT)");
  expect(unable.look()).toBe(why);
  expect(said).toEqual([{ type: "unable", why }]);
});
