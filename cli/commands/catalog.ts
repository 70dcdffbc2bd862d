import type { Command } from "commander";
import { stringify } from "yaml";
import type { Action } from "../../protocol/model/action.ts";
import { isHere } from "../../protocol/model/missing-runners.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { type CommonFlags, groupCommand, type PoolFlag, serverCommand, withPool } from "./options.ts";

/** `tailrace action …`: the registered actions. */
export function actionCommand(): Command {
  const list = withPool(
    serverCommand("list", "list the actions that agents have registered", ["tailrace action list"]),
    "show only this pool",
  ).action(async ({ pool, ...flags }: CommonFlags & PoolFlag) => {
    const actions = await connect(flags).actions(pool === undefined ? {} : { pool });
    if (flags.json) return printJson(actions);
    printTable(
      ["ref", "pool", "runner", "description"],
      actions.map((action) => [action.ref, action.pool, runnerText(action), action.description]),
      { wraps: ["description"], drops: ["pool", "runner", "description"] },
    );
  });
  const get = withPool(
    serverCommand("get", "show an action and its parameters", ["tailrace action get core.local"]),
    "the pool to ask, if several offer the action",
  )
    .argument("<ref>", "the action's reference, pack.name")
    .action(async (ref: string, { pool, ...flags }: CommonFlags & PoolFlag) => {
      const action = await connect(flags).action(ref, pool);
      if (flags.json) printJson(action);
      else print(stringify(action).trimEnd());
    });
  return groupCommand("action", "show the actions that can be run", [
    "tailrace action list",
    "tailrace action get core.local",
  ])
    .addCommand(list)
    .addCommand(get);
}

function runnerText({ runner_type }: Action): string {
  return isHere(runner_type) ? runner_type : `${runner_type} (not run here)`;
}

/** `tailrace runner …`: the runners, which run actions. */
export function runnerCommand(): Command {
  const list = serverCommand("list", "list the runners and their parameters", [
    "tailrace runner list",
  ]).action(async (flags: CommonFlags) => {
    const runners = await connect(flags).runnerTypes();
    if (flags.json) return printJson(runners);
    printTable(
      ["name", "parameters"],
      runners.map(({ name, runner_parameters }) => [name, Object.keys(runner_parameters).join(", ")]),
      { wraps: ["parameters"], drops: [] },
    );
  });
  return groupCommand("runner", "show the runners that run actions", ["tailrace runner list"]).addCommand(
    list,
  );
}
