import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { clientWith, run } from "./support/world.ts";

const client = clientWith();

/** The most bytes of one row of a Durable Object. */
const ROW_BYTES_MAX = 2_000_000;

describe("parameters that fill a request", () => {
  it("fit in one row of storage", async () => {
    const cmd = "x".repeat(1_000_000);
    const { id, execution } = await run(client, { action: "core.local", parameters: { cmd } });
    const bytes = await runInDurableObject(env.EXECUTION.getByName(id), (_, { storage }) => {
      return storage.kv.get<Uint8Array>("given")?.length;
    });
    expect(bytes).toBeLessThan(ROW_BYTES_MAX);
    expect(execution.runner_parameters.cmd).toBe(cmd);
    expect(execution.parameters).toEqual({ cmd });
  });
});
