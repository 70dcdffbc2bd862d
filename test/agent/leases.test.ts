import { rmSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { Clock } from "../../agent/base/clock.ts";
import { Leases } from "../../agent/leases.ts";
import { PatternBudget } from "../../agent/secrets/budget.ts";
import { Home } from "../../agent/state/home.ts";
import { newId } from "../../protocol/base/id.ts";
import type { AgentMessage, LeasedExecution } from "../../protocol/wire/agent.ts";
import { afterTest, clientOf, scratch } from "../support/world.ts";

const execution: LeasedExecution = {
  execution_id: newId(),
  epoch: 1,
  action: {
    pack: "core",
    name: "noop",
    runner_type: "noop",
    entry_point: "",
    description: "",
    enabled: true,
    parameters: {},
    tags: [],
  },
  user: "user",
  context: {},
  stream_output: true,
  parameters: {},
  runner_parameters: {},
  action_parameters: {},
};

/** The leases of an agent whose pool cannot confirm any, with the messages and warnings that it made. */
function early(refusal: () => string | undefined) {
  const state = scratch();
  const home = new Home(state);
  const said: AgentMessage[] = [];
  const warnings: string[] = [];
  let hung_up = 0;
  const log = { info: () => undefined, warn: (text: string) => void warnings.push(text) };
  const leases = new Leases({
    context: {
      client: clientOf("http://127.0.0.1:1", ""),
      log,
      clock: new Clock(state, log),
      home,
      spool_bytes_max: 1_000_000,
      fsync: "never",
      packs: new Map(),
      mask_env: [],
      pattern_budget: new PatternBudget(),
      ssh_alive_seconds: 3,
    },
    say: (message) => void said.push(message),
    hangUp: () => void hung_up++,
    unable: { look: refusal, because: (why) => void warnings.push(why) },
  });
  leases.welcomed(false);
  afterTest(async () => {
    await leases.stop();
    home.release();
  });
  return { leases, home, said, warnings, hangUps: () => hung_up };
}

it("an agent that cannot begin a lease hangs up on a pool that takes no lease back", () => {
  const { leases, said, hangUps } = early(() => "the disk is full");
  leases.receive({ type: "lease", token: "token", execution });
  expect({ said, keys: leases.keys, hang_ups: hangUps() }).toEqual({ said: [], keys: [], hang_ups: 1 });
});

it("an agent hangs up also where its disk cannot store the end of a lease that did not begin", () => {
  const { leases, home, warnings, hangUps } = early(() => undefined);
  rmSync(home.spools, { recursive: true });
  writeFileSync(home.spools, "");
  leases.receive({ type: "lease", token: "token", execution });
  expect({ keys: leases.keys, hang_ups: hangUps() }).toEqual({ keys: [], hang_ups: 1 });
  expect(warnings.join("\n")).toContain("ENOTDIR");
});
