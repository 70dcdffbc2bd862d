import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { ExecutionState } from "../../src/execution/state/state.ts";
import { type Billed, billedWrites, rowsOf } from "./support/billed.ts";
import { eventually } from "./support/eventually.ts";
import { chunks, clientWith, ended, type Running, run } from "./support/world.ts";

const client = clientWith();

/** Waits until all receivers have been told about the end of an execution. */
async function settled(id: string): Promise<void> {
  await eventually(async () => {
    const timers = await runInDurableObject(
      env.EXECUTION.getByName(id),
      (_, { storage }) => storage.kv.get<ExecutionState>("state")?.timers,
    );
    expect(timers).toMatchObject({ outbox: null, expiry: expect.any(Number) });
  });
}

/** The writes of one execution from its creation to its end. An earlier one has made what all executions share. */
async function writesOf(work: (execution: Running) => Promise<unknown>): Promise<Billed[]> {
  const before = await run(client);
  await client.end(before.id, before.token, ended(0));
  await settled(before.id);
  const billed = await billedWrites();
  const execution = await run(client);
  await work(execution);
  await settled(execution.id);
  return billed;
}

/** The rows of an execution's own object, of its pool's queue, and of the index without the audit log. */
function sums(billed: Billed[]): { execution: number; pool: number; index: number } {
  const pool = rowsOf(billed, "object", " queue ");
  return {
    execution: rowsOf(billed, "object") - pool,
    pool,
    index: rowsOf(billed, "index") - rowsOf(billed, "index", "INTO audit"),
  };
}

it("writes few rows for a short execution without output", async () => {
  const billed = await writesOf(({ id, token }) => client.end(id, token, ended(0)));
  expect(sums(billed)).toEqual({ execution: 8, pool: 6, index: 8 });
});

it("writes a row for each batch of its output, and two for the log's table", async () => {
  const billed = await writesOf(async ({ id, token }) => {
    await client.append(id, token, chunks(1, "hello\n"));
    await client.end(id, token, ended(1));
  });
  expect(sums(billed)).toEqual({ execution: 11, pool: 6, index: 8 });
});
