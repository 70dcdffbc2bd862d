import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { Execution } from "../../protocol/model/execution.ts";
import { agent, client, connectAgents, headers, reach, shell, start } from "./support/chain-runs.ts";
import { chainOf, printed, registerChains, take } from "./support/chains.ts";
import { ended, fetchWorker, ORIGIN, registerActions } from "./support/world.ts";

connectAgents();

/** Names of fields in the record or in a document. */
const WORDS = [
  ...["parameters", "resolved", "runner", "action", "same", "secrets", "state", "status", "spec", "family"],
  ...["given", "result", "chain", "draft", "vars", "published", "settled", "next", "error", "address"],
  ...["tasks", "name", "execution_id", "liveaction_id", "created_at", "updated_at", "workflow"],
  ...[
    "stdout",
    "stderr",
    "return_code",
    "failed",
    "succeeded",
    "timeout",
    "user",
    "object",
    "token",
    "hosts",
  ],
];

const blank = (text: string) => "*".repeat(text.length);

async function whole(id: string): Promise<Execution> {
  const answer = await fetchWorker(`${ORIGIN}/api/v1/executions/${id}?show_secrets=true`, { headers });
  expect(answer.status).toBe(200);
  return answer.json();
}

/** Removes each of the words, one after another. Returns the document, read from storage. */
async function redact(id: string): Promise<Execution> {
  for (const word of WORDS) expect(await client.redact(id, { texts: [word] })).toEqual({ id, done: true });
  await evictDurableObject(env.EXECUTION.getByName(id));
  return whole(id);
}

/** Runs a command to its end. Returns the execution's id. */
async function run(parameters: Record<string, unknown>, result: Record<string, unknown>): Promise<string> {
  await registerActions();
  const { id } = await client.create({ action: "core.local", parameters });
  await (await take(client, agent)).end({ result });
  return id;
}

it("changes only the user's values in a run's record, for any removed word", async () => {
  const cmd = "echo parameters";
  const { result: printed } = ended(0);
  const id = await run({ cmd, timeout: 77 }, { ...printed, stdout: "resolved", runner: { same: "state" } });
  const before = await whole(id);
  const after = await redact(id);
  const parameters = { cmd: `echo ${blank("parameters")}`, timeout: 77 };
  const result = {
    ...printed,
    stdout: blank("resolved"),
    [blank("runner")]: { [blank("same")]: blank("state") },
  };
  expect(after).toEqual({
    ...before,
    parameters,
    liveaction: { ...before.liveaction, parameters },
    result,
    result_size: after.result_size,
  });
});

it("leaves the record of a run without values unchanged", async () => {
  const id = await run({ cmd: "true" }, ended(0).result);
  const before = await whole(id);
  expect(await redact(id)).toEqual(before);
});

it("changes only the user's values in the records of a chain and its tasks", async () => {
  const object = { runner: "same" };
  await registerChains(
    client,
    chainOf("words", {
      vars: { state: "resolved" },
      chain: [
        shell("tasks", {
          parameters: { cmd: "{{ state }}", object },
          publish: { same: "{{ tasks.stdout }}" },
          "on-success": "result",
        }),
        shell("result"),
      ],
    }),
  );
  const id = await start("words");
  await (await take(client, agent)).end(printed("the published"));
  await (await take(client, agent)).end();
  const before = await reach(id, "succeeded").then(() => whole(id));
  const children = before.children ?? [];
  const tasksBefore = await Promise.all(children.map(whole));
  const after = await redact(id);
  const said = `the ${blank("published")}`;
  const { tasks } = before.result as { tasks: { result: Record<string, unknown> }[] };
  const [first, ...rest] = tasks;
  expect(after).toEqual({
    ...before,
    result: {
      published: { same: said },
      tasks: [{ ...first, result: { ...first?.result, stdout: said } }, ...rest],
    },
    result_size: after.result_size,
  });
  const [firstBefore, ...restBefore] = tasksBefore;
  const [firstAfter, ...restAfter] = await Promise.all(children.map(whole));
  expect(restAfter).toEqual(restBefore);
  const parameters = { cmd: blank("resolved"), object: { [blank("runner")]: blank("same") } };
  expect(firstAfter).toEqual({
    ...firstBefore,
    parameters,
    liveaction: { ...firstBefore?.liveaction, parameters },
    result: { ...firstBefore?.result, stdout: said },
    result_size: firstAfter?.result_size,
  });
});
