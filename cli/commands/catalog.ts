import { Command } from "commander";
import { stringify } from "yaml";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { type CommonFlags, type PoolFlag, serverCommand, withPool } from "./options.ts";

/** `tailrace action …`: what can be run. */
export function actionCommand(): Command {
  const list = withPool(
    serverCommand("list", "the actions that agents have registered", ["tailrace action list"]),
    "only of this pool",
  ).action(async ({ pool, ...flags }: CommonFlags & PoolFlag) => {
    const actions = await connect(flags).actions(pool === undefined ? {} : { pool });
    if (flags.json) return printJson(actions);
    printTable(
      ["ref", "pool", "runner", "description"],
      actions.map(({ ref, pool: of, runner_type, description }) => [ref, of, runner_type, description]),
    );
  });
  const get = withPool(
    serverCommand("get", "one action and its parameters", ["tailrace action get core.local"]),
    "the pool's own, where several offer it",
  )
    .argument("<ref>", "pack.name")
    .action(async (ref: string, { pool, ...flags }: CommonFlags & PoolFlag) => {
      const action = await connect(flags).action(ref, pool);
      if (flags.json) printJson(action);
      else print(stringify(action).trimEnd());
    });
  return group("action", "what can be run").addCommand(list).addCommand(get);
}

/** `tailrace runner …`: what runs actions. */
export function runnerCommand(): Command {
  const list = serverCommand("list", "the runners and their parameters", ["tailrace runner list"]).action(
    async (flags: CommonFlags) => {
      const runners = await connect(flags).runnerTypes();
      if (flags.json) return printJson(runners);
      printTable(
        ["name", "parameters"],
        runners.map(({ name, runner_parameters }) => [name, Object.keys(runner_parameters).join(", ")]),
      );
    },
  );
  return group("runner", "what runs actions").addCommand(list);
}

function group(name: string, description: string): Command {
  return new Command(name).description(description).showHelpAfterError("(-h shows what there is)");
}
