import { describe, expect, it } from "vitest";
import type { Counts, Limits } from "../../src/pool/decide/limits.ts";
import { type Choosing, choose, freeSlots, freest, type Line } from "../../src/pool/decide/placing.ts";

const NO_LIMITS: Limits = {
  pool_running_max: Number.POSITIVE_INFINITY,
  pool_waiting_max: Number.POSITIVE_INFINITY,
  user_running_max: Number.POSITIVE_INFINITY,
  user_waiting_max: Number.POSITIVE_INFINITY,
};

function running(by_user: Record<string, number>): Counts {
  const total = Object.values(by_user).reduce((sum, count) => sum + count, 0);
  return { waiting: 0, running: total, waitingOf: () => 0, runningOf: (user) => by_user[user] ?? 0 };
}

function line(user: string, head: number, kind = "shell"): Line {
  return { kind, user, waiting: 1, head };
}

function choosing(choice: Partial<Choosing>): Choosing {
  const free = new Map([["a", 1]]);
  const able = () => new Set(["a", "b"]);
  return { lines: [], free, able, load: running({}), limits: NO_LIMITS, ...choice };
}

describe("the next lease of a pool", () => {
  it.each<[string, Partial<Choosing>, string | undefined]>([
    ["nothing waits", {}, undefined],
    ["one line waits", { lines: [line("ann", 3)] }, "ann"],
    ["the older of two heads", { lines: [line("ann", 3), line("bob", 2)] }, "bob"],
    [
      "the user with the fewest running executions",
      { lines: [line("ann", 1), line("bob", 2)], load: running({ ann: 2, bob: 1 }) },
      "bob",
    ],
    ["a line that is empty", { lines: [{ ...line("ann", 1), waiting: 0 }, line("bob", 2)] }, "bob"],
    [
      "a user at the limit",
      {
        lines: [line("ann", 1), line("bob", 2)],
        load: running({ ann: 1, bob: 1 }),
        limits: { ...NO_LIMITS, user_running_max: 1 },
      },
      undefined,
    ],
    [
      "a pool at the limit",
      { lines: [line("ann", 1)], load: running({ bob: 2 }), limits: { ...NO_LIMITS, pool_running_max: 2 } },
      undefined,
    ],
    ["no free agent can run it", { lines: [line("ann", 1)], able: () => new Set(["b"]) }, undefined],
    [
      "the first kind has no agent",
      {
        lines: [line("ann", 1, "gpu"), line("bob", 2)],
        able: (kind) => new Set(kind === "gpu" ? [] : ["a"]),
      },
      "bob",
    ],
  ])("%s", (_, choice, user) => {
    expect(choose(choosing(choice))?.line.user).toBe(user);
  });

  it("goes to the agent with the most free slots among those that can run it", () => {
    const free = new Map([
      ["a", 1],
      ["b", 3],
      ["c", 9],
    ]);
    expect(freest(new Set(["a", "b"]), free)).toBe("b");
    expect(freest(new Set(["d"]), free)).toBeUndefined();
  });

  it("counts no slots of an agent that is busy or takes no work", () => {
    const agents = ["a", "b", "c"].map((agent_id) => ({ agent_id, slots: 2 }));
    const busy = new Map([["a", 2]]);
    const free = freeSlots(agents, new Map([["b", "disk full"]]), (id) => busy.get(id) ?? 0);
    expect([...free]).toEqual([["c", 2]]);
  });
});
