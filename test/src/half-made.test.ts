import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import { executionStub } from "../../src/objects/execution.ts";
import { clientWith, registerActions } from "./support/world.ts";

const client = clientWith();
beforeAll(() => registerActions());

it.each([
  { becomes: "whole", kind: "made" },
  { becomes: "undone", kind: "refused" },
])("a half-made execution answers once it is $becomes", async ({ kind }) => {
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
    const document = execution.get();
    // A later request is answered at once: the execution does not exist yet.
    const first = await Promise.race([summary, document, execution.waiting().then(() => "no execution")]);
    expect(first).toBe("no execution");
    if (kind === "made") answer.resolve([]);
    else answer.reject(new Error("D1_ERROR: no answer"));
    expect(await creating).toMatchObject({ kind });
    for (const answered of [summary, document]) expect((await answered) !== undefined).toBe(kind === "made");
  });
});

it("a request that names an execution while it is made leaves its row in the index", async () => {
  const { id } = await client.create({ action: "core.local", parameters: { cmd: "true" } });
  const spec = await executionStub(env, id).spec();
  if (!spec) throw new Error("the execution has no spec");
  const made = { ...spec, id: newId() };
  await runInDurableObject(env.EXECUTION.getByName(made.id), async (execution) => {
    const { env: own } = execution as unknown as { env: { INDEX: D1Database } };
    const index = own.INDEX;
    const written = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    const batch = async (statements: D1PreparedStatement[]) => {
      const results = await index.batch(statements);
      written.resolve();
      await answered.promise;
      return results;
    };
    own.INDEX = { prepare: (statement: string) => index.prepare(statement), batch } as unknown as D1Database;
    const creating = execution.create(made);
    await written.promise;
    own.INDEX = index;
    const named = client.get(made.id);
    // The object takes the request before the index answers.
    for (let times = 0; times < 3; times++) await client.list();
    answered.resolve();
    expect(await creating).toMatchObject({ kind: "made" });
    expect(await named).toMatchObject({ id: made.id });
  });
  expect((await client.list()).map((execution) => execution.id)).toContain(made.id);
});
