import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { agent, client, connectAgents, evict, headers, reach, toDeep } from "./support/chain-runs.ts";
import { take } from "./support/chains.ts";
import { fetchWorker, ORIGIN } from "./support/world.ts";

connectAgents();

async function read(id: string, path: string): Promise<string> {
  const answer = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}${path}`, { headers });
  return new TextDecoder().decode(await answer.arrayBuffer());
}

/** Runs the tree, whose deepest task prints a text and returns it. */
async function leak(): Promise<{ id: string; inner: string; deep: string }> {
  const { id, inner, deep } = await toDeep();
  await deep.print(1, "the deep-", "leak\n");
  await deep.end({
    last_seq: 2,
    result: { failed: false, succeeded: true, return_code: 0, stdout: "the deep-leak", stderr: "" },
  });
  await (await take(client, agent)).end();
  await (await take(client, agent)).end();
  await reach(id, "succeeded");
  return { id, inner, deep: deep.id };
}

it("removes texts from all executions above and below the named one", async () => {
  const { id, inner, deep } = await leak();
  const tree = [id, inner, deep];
  for (const one of tree) expect(await read(one, "/output?format=text&follow=false")).toBe("the deep-leak\n");
  expect(await client.redact(deep, { texts: ["deep-leak"] })).toEqual({ id, done: true });
  for (const one of tree) {
    expect(await read(one, "/output?format=text&follow=false")).toBe("the *********\n");
    for (const path of ["", "?show_secrets=true", "/result", "/output?format=ndjson&follow=false"])
      expect(await read(one, path)).not.toContain("deep-leak");
  }
});

it("rewrites the result of a chain and what it holds of its tasks together, or neither", async () => {
  const { id } = await leak();
  const object = env.EXECUTION.getByName(id);
  const damaged = await runInDurableObject(object, (_, { storage: { sql } }) => {
    const kept = sql
      .exec<{ id: string; result: ArrayBuffer }>("SELECT id, result FROM child_result")
      .toArray();
    sql.exec("UPDATE child_result SET result = x'00'");
    return kept;
  });
  expect(damaged.length).toBeGreaterThan(0);
  expect(await client.redact(id, { texts: ["deep-leak"] })).toEqual({ id, done: false });
  expect(await read(id, "/result")).toContain("deep-leak");
  await evict(id);
  expect(await read(id, "/result")).toContain("deep-leak");

  await runInDurableObject(object, (_, { storage: { sql } }) => {
    for (const { id, result } of damaged)
      sql.exec("UPDATE child_result SET result = ? WHERE id = ?", result, id);
  });
  expect(await client.redact(id, { texts: ["deep-leak"] })).toEqual({ id, done: true });
  expect(await read(id, "/result")).not.toContain("deep-leak");
});
