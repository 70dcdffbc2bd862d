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
