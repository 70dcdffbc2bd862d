import { existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { Clock } from "../../agent/base/clock.ts";
import { loadPacks } from "../../agent/packs/load.ts";
import { Run } from "../../agent/run/run.ts";
import { PatternBudget } from "../../agent/secrets/budget.ts";
import { Home } from "../../agent/state/home.ts";
import { Journal } from "../../agent/state/journal.ts";
import { newId } from "../../protocol/base/id.ts";
import { resolveParameters } from "../../protocol/model/parameters.ts";
import { RUNNER_TYPES } from "../../protocol/model/runners.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { readBatch } from "../../protocol/wire/batch.ts";
import { afterTest, clientOf, ROOT, scratch } from "../support/world.ts";

const { packs } = loadPacks([join(ROOT, "agent/packs/core")]);

/** A lease of an action of `core`, as a pool gives it. */
function leased(name: string, parameters: Record<string, unknown>): LeasedExecution {
  const action = packs.get("core")?.own_actions.get(name);
  if (action?.runner_type !== "local-shell-cmd" && action?.runner_type !== "remote-shell-cmd")
    throw new Error(`core has no command ${name}`);
  const { runner_type } = action;
  const resolved = resolveParameters(action, RUNNER_TYPES[runner_type], parameters);
  return {
    execution_id: newId(),
    epoch: 1,
    action: { ...action, runner_type },
    user: "user",
    context: {},
    stream_output: true,
    parameters,
    runner_parameters: resolved.runner,
    action_parameters: resolved.action,
  };
}

/** A run with a server that accepts everything, and the requests that it makes. */
async function runOf(execution: LeasedExecution) {
  const asked: string[] = [];
  let isNotedAtStart: boolean | undefined;
  let whenKeysAsked: () => void = () => undefined;
  let next = 1;
  const state = scratch();
  const home = new Home(state);
  const journal = new Journal(join(home.spools, execution.execution_id), "never");
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const name = (request.url ?? "").split(`${execution.execution_id}/`)[1] ?? "";
    asked.push(name);
    if (name === "start") isNotedAtStart = existsSync(join(journal.folder, "process.json"));
    if (name === "chunks") next = readBatch(body).last_seq + 1;
    if (name === "keys/read") whenKeysAsked();
    const keys = [{ name: "word", value: "hello", secret: false, scope: "system" }];
    response.end(JSON.stringify(name === "keys/read" ? keys : { next, cancel: false, flush_ms: 0 }));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const log = { info: () => undefined, warn: () => undefined };
  const context = {
    client: clientOf(`http://127.0.0.1:${port}`, ""),
    log,
    clock: new Clock(state, log),
    home,
    spool_bytes_max: 1_000_000,
    fsync: "never" as const,
    packs,
    mask_env: [],
    pattern_budget: new PatternBudget(),
    ssh_alive_seconds: 3,
  };
  const { execution_id, epoch } = execution;
  journal.begin({ execution_id, epoch, action: "core.local" });
  const run = Run.begin(execution, journal, context, Date.now());
  afterTest(async () => {
    run.stop();
    await run.done;
    home.release();
    server.closeAllConnections();
    server.close();
  });
  run.setToken("token");
  return {
    run,
    asked,
    isNotedAtStart: () => isNotedAtStart,
    onKeysAsked: (act: () => void) => {
      whenKeysAsked = act;
    },
  };
}

it("a run reports its start once its process exists", async () => {
  const { run, asked, isNotedAtStart } = await runOf(
    leased("local", { cmd: "echo {{ st2kv.system.word }}" }),
  );
  expect(await run.done).toBe("ended");
  expect(asked).toEqual(["keys/read", "start", "chunks", "end"]);
  expect(isNotedAtStart()).toBe(true);
});

it("an execution on several hosts is expanded, and starts no process", async () => {
  const { run, asked } = await runOf(leased("remote", { cmd: "true", hosts: "a,b" }));
  expect(await run.done).toBe("handed on");
  expect(asked).toEqual(["expand"]);
});

it("a run that is canceled during its preparation reports its end, and starts no process", async () => {
  const { run, asked, onKeysAsked, isNotedAtStart } = await runOf(
    leased("local", { cmd: "echo {{ st2kv.system.word }}" }),
  );
  onKeysAsked(() => run.cancel());
  expect(await run.done).toBe("ended");
  expect(asked).toEqual(["keys/read", "start", "end"]);
  expect(isNotedAtStart()).toBe(false);
});
