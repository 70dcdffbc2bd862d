import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { INDEX_WAIT_MS_MAX } from "../../src/index/answered.ts";
import { executionStub } from "../../src/objects/execution.ts";
import { eventually } from "./support/eventually.ts";
import { clientWith, run } from "./support/world.ts";

const client = clientWith();

it("an alarm goes on to its other timers while the index does not answer", async () => {
  const { id } = await run(client);
  const object = env.EXECUTION.getByName(id);
  const answer = Promise.withResolvers<void>();
  const silent = { prepare: () => ({ bind: () => ({ run: () => answer.promise }) }) };
  /** The objects share one copy of the bindings. */
  const exchange = (index: unknown) =>
    runInDurableObject(object, (execution) => {
      const { env: own } = execution as unknown as { env: { INDEX: unknown } };
      const before = own.INDEX;
      own.INDEX = index;
      return before;
    });
  const index = await exchange(silent);
  try {
    await executionStub(env, id).pin(true);
    const late = new Promise((resolve) => setTimeout(() => resolve("late"), INDEX_WAIT_MS_MAX / 2));
    expect(await Promise.race([runDurableObjectAlarm(object), late])).toBe(true);
    // What is owed is delivered by the next alarm.
    expect(await runInDurableObject(object, (_, { storage }) => storage.getAlarm())).not.toBeNull();
  } finally {
    await exchange(index);
    answer.reject(new Error("D1_ERROR: no answer"));
  }
  await eventually(async () => {
    const [listed] = await client.list();
    expect(listed).toMatchObject({ id, pinned: true });
  });
});
