import { expect, it } from "vitest";
import { agent, client, connectAgents, headers, reach, toDeep } from "./support/chain-runs.ts";
import { take } from "./support/chains.ts";
import { fetchWorker, ORIGIN } from "./support/world.ts";

connectAgents();

async function read(id: string, path: string): Promise<string> {
  const answer = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}${path}`, { headers });
  return new TextDecoder().decode(await answer.arrayBuffer());
}

it("removes texts from all executions above and below the named one", async () => {
  const { id, inner, deep } = await toDeep();
  await deep.print(1, "the deep-", "leak\n");
  await deep.end({
    last_seq: 2,
    result: { failed: false, succeeded: true, return_code: 0, stdout: "the deep-leak", stderr: "" },
  });
  await (await take(client, agent)).end();
  await (await take(client, agent)).end();
  await reach(id, "succeeded");
  const tree = [id, inner, deep.id];
  for (const one of tree) expect(await read(one, "/output?format=text&follow=false")).toBe("the deep-leak\n");
  expect(await client.redact(deep.id, { texts: ["deep-leak"] })).toEqual({ id, done: true });
  for (const one of tree) {
    expect(await read(one, "/output?format=text&follow=false")).toBe("the *********\n");
    for (const path of ["", "?show_secrets=true", "/result", "/output?format=ndjson&follow=false"])
      expect(await read(one, path)).not.toContain("deep-leak");
  }
});
