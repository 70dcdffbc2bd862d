import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { newId } from "../../protocol/base/id.ts";
import type { StoredState } from "../../src/execution/state/record.ts";
import { executionSteps } from "../../src/execution/state/schema.ts";
import { Vault } from "../../src/execution/state/vault.ts";
import { POOL_STEPS } from "../../src/pool/schema.ts";
import { beginSchema, openSchema, type SchemaStep } from "../../src/storage/schema.ts";
import { get } from "./support/api.ts";
import { chunks, clientWith, ended, fetchWorker, ORIGIN, run } from "./support/world.ts";

const client = clientWith();
const EXECUTION_STEPS = executionSteps(new Vault(env));

/** The object of an execution that does not exist: its storage is empty. */
const emptyObject = () => env.EXECUTION.getByName(newId());

/** Opens a storage as an object does in its constructor. Resolves when the object may use it. */
function opened(ctx: DurableObjectState, steps: readonly SchemaStep[]): Promise<void> {
  return new Promise((ready) => openSchema(ctx, steps, ready));
}

/** All data of a storage, with its number of steps. */
function contents({ kv, sql }: DurableObjectStorage) {
  const tables = sql
    .exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*'")
    .toArray()
    .map(({ name }) => [name, sql.exec(`SELECT * FROM ${name}`).toArray()]);
  return { values: [...kv.list()], tables };
}

/** Steps that record that they ran, the second in three portions. */
function steps(ran: string[]): SchemaStep[] {
  const make = (name: string, portions: number): SchemaStep => ({
    name,
    run: ({ kv }) => {
      const done = (kv.get<number>(name) ?? 0) + 1;
      kv.put(name, done);
      ran.push(`${name} ${done}`);
      return done < portions ? "more" : "done";
    },
  });
  return [make("first", 1), make("second", 3), make("third", 1)];
}

describe("the steps of a storage", () => {
  it("run in order, portion by portion, and once", () =>
    runInDurableObject(emptyObject(), async (_, ctx) => {
      const ran: string[] = [];
      ctx.storage.kv.put("something", "old");
      await opened(ctx, steps(ran));
      await opened(ctx, steps(ran));
      beginSchema(ctx.storage, steps(ran));
      expect(ran).toEqual(["first 1", "second 1", "second 2", "second 3", "third 1"]);
    }));

  it("continue with steps that were added later", () =>
    runInDurableObject(emptyObject(), async (_, ctx) => {
      const ran: string[] = [];
      beginSchema(ctx.storage, steps([]).slice(0, 1));
      await opened(ctx, steps(ran));
      expect(ran[0]).toBe("second 1");
    }));

  it("continue behind the last complete portion after a failure", () =>
    runInDurableObject(emptyObject(), async (_, ctx) => {
      const [first, second, third] = steps([]);
      if (!first || !second || !third) throw new Error("three steps");
      const breaking: SchemaStep = {
        name: second.name,
        run: (storage) => {
          const answer = second.run(storage);
          if (storage.kv.get("second") === 2) throw new Error("broken");
          return answer;
        },
      };
      expect(() => beginSchema(ctx.storage, [first, breaking, third])).toThrow("broken");
      const ran: string[] = [];
      await opened(ctx, steps(ran));
      expect(ran).toEqual(["second 2", "second 3", "third 1"]);
    }));

  it("leave an empty storage empty", () =>
    runInDurableObject(emptyObject(), async (_, ctx) => {
      await opened(ctx, steps([]));
      expect(contents(ctx.storage)).toEqual({ values: [], tables: [] });
    }));

  it("run again after everything was deleted", () =>
    runInDurableObject(emptyObject(), async (_, { storage }) => {
      beginSchema(storage, EXECUTION_STEPS);
      await storage.deleteAll();
      beginSchema(storage, EXECUTION_STEPS);
      expect(contents(storage).tables.map(([name]) => name)).toEqual(["batch", "child", "child_result"]);
    }));
});

describe("a storage of a later release", () => {
  it("is refused, and not changed", () =>
    runInDurableObject(emptyObject(), (_, ctx) => {
      const { storage } = ctx;
      beginSchema(storage, steps([]));
      const before = contents(storage);
      const newer = expect.objectContaining({ code: "newer_state" });
      expect(() => openSchema(ctx, steps([]).slice(0, 2))).toThrow(newer);
      expect(() => beginSchema(storage, steps([]).slice(0, 2))).toThrow(newer);
      expect(contents(storage)).toEqual(before);
    }));

  it("answers 503 with the next step", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n"));
    await client.end(id, token, ended(1));
    const object = env.EXECUTION.getByName(id);
    await runInDurableObject(object, (_, { storage }) =>
      storage.kv.put("schema", EXECUTION_STEPS.length + 1),
    );
    await evictDurableObject(object);
    for (const path of [`/v1/executions/${id}`, `/v1/executions/${id}/output`]) {
      expect(await get(path)).toMatchObject({
        status: 503,
        body: { code: "newer_state", faultstring: expect.stringContaining("a later release") },
      });
    }
  });
});

describe("a storage without a number", () => {
  it("has taken the first steps", async () => {
    const { id, token } = await run(client);
    await client.append(id, token, chunks(1, "one\n"));
    const object = env.EXECUTION.getByName(id);
    await runInDurableObject(object, (_, { storage: { kv } }) => {
      // Such a storage has the sealed values in rows of their own.
      const { sealed, ...state } = kv.get<StoredState>("state") ?? {};
      kv.put("state", state);
      kv.put("given", sealed?.given);
      kv.delete("schema");
    });
    await evictDurableObject(object);
    await client.append(id, token, chunks(2, "two\n"));
    await client.end(id, token, ended(2));
    const headers = { "st2-api-key": env.TAILRACE_API_KEY };
    const response = await fetchWorker(`${ORIGIN}/v1/executions/${id}/output`, { headers });
    expect(await response.text()).toBe("one\ntwo\n");
    expect(await runInDurableObject(object, (_, { storage }) => storage.kv.get("schema"))).toBe(
      EXECUTION_STEPS.length,
    );
  });

  it("gets none while it is empty", async () => {
    const id = newId();
    expect((await get(`/v1/executions/${id}`)).status).toBe(404);
    const left = await runInDurableObject(env.EXECUTION.getByName(id), (_, { storage }) => contents(storage));
    expect(left).toEqual({ values: [], tables: [] });
  });
});

it("a pool's storage has the number of its steps", async () => {
  const pool = env.RUNNER_POOL.getByName(newId());
  const version = await runInDurableObject(pool, (_, { storage }) => storage.kv.get("schema"));
  expect(version).toBe(POOL_STEPS.length);
});
