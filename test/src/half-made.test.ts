import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { executionStub } from "../../src/objects/execution.ts";
import { eventually } from "./support/eventually.ts";
import { clientWith, registerActions } from "./support/world.ts";

const client = clientWith();
beforeAll(() => registerActions());

it.each([
  { becomes: "whole", kind: "made" },
  { becomes: "undone", kind: "refused" },
])("a half-made execution answers a summary once it is $becomes", async ({ kind }) => {
  const { id } = await client.create({ action: "core.local", parameters: { cmd: "true" } });
  const spec = await executionStub(env, id).spec();
  if (!spec) throw new Error("the execution has no spec");
  const child = { ...spec, id: newId() };
  await runInDurableObject(env.EXECUTION.getByName(child.id), async (execution) => {
    // The objects share one copy of the bindings.
    const { env: own } = execution as unknown as { env: { INDEX: D1Database } };
    const index = own.INDEX;
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<never[]>();
    const batch = () => {
      asked.resolve();
      return answer.promise;
    };
    own.INDEX = { prepare: (statement: string) => index.prepare(statement), batch } as unknown as D1Database;
    const creating = execution.create(child);
    await asked.promise;
    own.INDEX = index;
    const summary = execution.summary();
    // A later request is answered at once: the execution does not exist yet.
    const first = await Promise.race([summary.then(() => "the summary"), execution.get()]);
    expect(first).toBeUndefined();
    if (kind === "made") answer.resolve([]);
    else answer.reject(new Error("D1_ERROR: no answer"));
    expect(await creating).toMatchObject({ kind });
    expect((await summary) !== undefined).toBe(kind === "made");
  });
});

it("a creation that was interrupted after its row was written is removed by the alarm, and its audit entry says so", async () => {
  const { id } = await client.create({ action: "core.local", parameters: { cmd: "true" } });
  const spec = await executionStub(env, id).spec();
  if (!spec) throw new Error("the execution has no spec");
  const child = { ...spec, id: newId() };
  const resource = `execution:${child.id}`;
  const object = env.EXECUTION.getByName(child.id);
  let is_written = false;
  const creating = runInDurableObject(object, async (execution) => {
    const { env: own } = execution as unknown as { env: { INDEX: D1Database } };
    const index = own.INDEX;
    const batch = async (statements: D1PreparedStatement[]) => {
      own.INDEX = index;
      await index.batch(statements);
      is_written = true;
      return new Promise<never>(() => undefined);
    };
    own.INDEX = { prepare: (statement: string) => index.prepare(statement), batch } as unknown as D1Database;
    await execution.create(child, {}, { ...RECORD, id: newId(), resource });
  }).catch(() => undefined);
  await eventually(() => expect(is_written).toBe(true));
  const rowOf = () => env.INDEX.prepare("SELECT status FROM executions WHERE id = ?").bind(child.id).first();
  const outcomeOf = () =>
    env.INDEX.prepare("SELECT outcome FROM audit WHERE resource = ?").bind(resource).first("outcome");
  expect([await rowOf(), await outcomeOf()]).toEqual([{ status: "requested" }, "done"]);
  await evictDurableObject(object);
  await creating;
  expect(await executionStub(env, child.id).get()).toBeUndefined();
  await runDurableObjectAlarm(object);
  expect([await rowOf(), await outcomeOf()]).toEqual([null, "failed"]);
  expect(await runInDurableObject(object, (_, { storage }) => storage.getAlarm())).toBeNull();
});

/** An entry of the audit log for a run. */
const RECORD = {
  action: "execution.run",
  outcome: "done",
  user: "ann",
  credential: "",
  address: "",
  user_agent: "",
  detail: {},
} as const;
