import { expect, it } from "vitest";
import { action, newPool } from "./support/pools.ts";
import { clientWith } from "./support/world.ts";

it("a parameter may be named constructor or prototype, and not __proto__", async () => {
  const client = clientWith();
  const pool = newPool();
  const parameters = { constructor: { type: "string" }, prototype: { type: "integer", default: 3 } };
  await client.register({ pool, actions: [action("web.odd", { parameters })] });
  expect((await client.action("web.odd", pool)).parameters).toEqual(parameters);
  const { id } = await client.create({ action: "web.odd", pool, parameters: { constructor: "given" } });
  expect((await client.get(id)).parameters).toEqual({ constructor: "given" });
  const odd = JSON.parse('{"__proto__": {"type": "string"}}') as Record<string, { type: string }>;
  await expect(
    client.register({ pool, actions: [action("web.never", { parameters: odd })] }),
  ).rejects.toThrow("__proto__ cannot be a name");
});

it("an execution may leave out parameters whose names are those of properties of each object", async () => {
  const client = clientWith();
  const pool = newPool();
  const parameters = {
    toString: { type: "integer" },
    valueOf: { type: "boolean", default: true },
    hasOwnProperty: { type: "string" },
  };
  await client.register({ pool, actions: [action("web.names", { parameters })] });
  const { id } = await client.create({ action: "web.names", pool, parameters: { hasOwnProperty: "given" } });
  expect((await client.get(id)).parameters).toEqual({ hasOwnProperty: "given" });
});
