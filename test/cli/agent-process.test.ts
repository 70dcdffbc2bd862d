import { describe, expect, it } from "vitest";
import { AgentProcess } from "../../cli/local/agent-process.ts";
import { afterTest, scratch, until } from "../support/world.ts";

describe("the agent's process", () => {
  it("is tried again where it cannot be started, and the server lives on", async () => {
    const lines: string[] = [];
    const agent = new AgentProcess({
      // Longer than a system takes.
      program: ["x".repeat(4 * 1024 * 1024)],
      url: "http://127.0.0.1:1",
      key: async () => "k",
      state: scratch(),
      name: "a",
      onLine: (line) => lines.push(line),
    });
    afterTest(() => agent.stop());
    await until("it was tried twice", () => lines.length >= 2);
    expect(lines[0]).toContain("the agent does not start: spawn E2BIG; starting it again");
  });
});
