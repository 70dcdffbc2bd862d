import { describe, expect, it } from "vitest";
import { Rounds } from "../../src/base/rounds.ts";

describe("rounds of work", () => {
  it("are joined: calls during a round share the next one", async () => {
    let count = 0;
    const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const rounds = new Rounds(async () => {
      await gates[count++]?.promise;
    });
    const first = rounds.run();
    const others = [rounds.run(), rounds.run()];
    for (const { resolve } of gates) resolve();
    await Promise.all([first, ...others]);
    expect(count).toBe(2);
  });

  it("follow each other when a round asks for another before its first wait", async () => {
    const events: string[] = [];
    const rounds: Rounds = new Rounds(async () => {
      events.push("begins");
      if (events.length === 1) void rounds.run();
      await undefined;
      events.push("ends");
    });
    await rounds.run();
    expect(events).toEqual(["begins", "ends", "begins", "ends"]);
  });

  it("begin within the call, also after earlier rounds have ended", async () => {
    let count = 0;
    const rounds = new Rounds(async () => {
      count++;
    });
    const first = rounds.run();
    expect(count).toBe(1);
    await first;
    await rounds.run();
    expect(count).toBe(2);
  });

  it("continue after a failed round, whose callers get the failure", async () => {
    let count = 0;
    const rounds = new Rounds(async () => {
      if (count++ === 0) throw new Error("away");
    });
    await expect(rounds.run()).rejects.toThrow("away");
    await rounds.run();
    expect(count).toBe(2);
  });
});
