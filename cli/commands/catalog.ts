import { Command } from "commander";
import { stringify } from "yaml";
import { connect } from "../connect.ts";
import { print, printJson, printTable } from "../print.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** `tailrace action …`: what can be run. */
export function actionCommand(): Command {
  const list = serverCommand("list", "the actions that agents have registered", [
    "tailrace action list",
  ]).action(async (flags: CommonFlags) => {
    const actions = await connect(flags).actions();
    if (flags.json) return printJson(actions);
    printTable(
      ["ref", "runner", "description"],
      actions.map(({ ref, runner_type, description }) => [ref, runner_type, description]),
    );
  });
  const get = serverCommand("get", "one action and its parameters", ["tailrace action get core.local"])
    .argument("<ref>", "pack.name")
    .action(async (ref: string, flags: CommonFlags) => {
      const action = await connect(flags).action(ref);
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
