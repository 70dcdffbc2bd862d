import { expect, it } from "vitest";
import { action, newPool } from "./support/pools.ts";
import { clientWith } from "./support/world.ts";

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
