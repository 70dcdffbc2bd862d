import { type Command, Option } from "commander";
import { STATUSES, type Status } from "../../protocol/base/status.ts";
import { poolOf } from "../../protocol/model/default-pool.ts";
import { beginTrace, noteInTrace } from "../base/tracing.ts";
import { connect } from "../settings/connect.ts";
import { print, printExecution, printJson, tell } from "../terminal/print.ts";
import { printTable, statusCell } from "../terminal/table.ts";
import { outputCommand, tailCommand } from "./following.ts";
import { linkCommand } from "./link.ts";
import { checkNotify } from "./notify.ts";
import {
  type CommonFlags,
  EXECUTION_ID,
  groupCommand,
  type PlacementFlags,
  type PoolFlag,
  placementOf,
  serverCommand,
  wholeNumber,
  withPlacementFlags,
} from "./options.ts";
import { type OutcomeFlags, showOutcome, withOutcomeFlags } from "./outcome.ts";
import { readParameters } from "./parameters.ts";
import { pinCommand, unpinCommand } from "./pin.ts";
import { redactCommand } from "./redact.ts";

/** `tailrace execution …`: lists, shows and controls executions. */
export function executionCommand(): Command {
  return groupCommand(
    "execution",
    "list, read, follow, share, keep, redact, pause, cancel and repeat executions",
    ["tailrace execution list", "tailrace execution tail last", "tailrace execution cancel last"],
  )
    .addCommand(listCommand())
    .addCommand(getCommand())
    .addCommand(tailCommand("tail"))
    .addCommand(outputCommand())
    .addCommand(cancelCommand())
    .addCommand(steerCommand("pause", "pause a chain: it starts no further task"))
    .addCommand(steerCommand("resume", "resume a paused chain"))
    .addCommand(reRunCommand())
    .addCommand(pinCommand())
    .addCommand(unpinCommand())
    .addCommand(redactCommand())
    .addCommand(linkCommand());
}

function listCommand(): Command {
  return serverCommand("list", "list the newest executions", [
    "tailrace execution list",
    "tailrace execution list --status failed --action core.local -n 10",
  ])
    .option("-n, --last <count>", "show at most this many", wholeNumber, 50)
    .option("--action <ref>", "show only this action")
    .addOption(new Option("--status <status>", "show only this status").choices(STATUSES))
    .option("--user <name>", "show only this user")
    .option("--pool <name>", "show only this pool")
    .action(
      async (
        flags: CommonFlags & PoolFlag & { last: number; action?: string; status?: Status; user?: string },
      ) => {
        const { action, status, user, pool } = flags;
        const executions = await connect(flags).list({
          limit: flags.last,
          ...(action === undefined ? {} : { action }),
          ...(status === undefined ? {} : { status }),
          ...(user === undefined ? {} : { user }),
          ...(pool === undefined ? {} : { pool }),
        });
        if (flags.json) return printJson(executions);
        if (executions.length === 0) return print("No executions found in db.");
        printTable(
          ["id", "action.ref", "context.user", "status", "start_timestamp", "elapsed"],
          executions.map((execution) => [
            execution.id,
            execution.action.ref,
            String(execution.context.user ?? ""),
            statusCell(execution.status),
            execution.start_timestamp,
            execution.elapsed_seconds === undefined ? "" : `${execution.elapsed_seconds.toFixed(1)}s`,
          ]),
          { drops: ["context.user", "start_timestamp", "elapsed", "action.ref"] },
        );
      },
    );
}

function getCommand(): Command {
  return serverCommand("get", "show an execution and its result", [
    "tailrace execution get last",
    "tailrace execution get last -j",
  ])
    .argument(...EXECUTION_ID)
    .action(async (id: string, flags: CommonFlags) => {
      const execution = await connect(flags).get(id);
      if (flags.json) printJson(execution);
      else printExecution(execution);
    });
}

function cancelCommand(): Command {
  return serverCommand("cancel", "cancel an execution and everything that it started", [
    "tailrace execution cancel last",
  ])
    .argument("<id>", "an execution's id, or last")
    .action(async (id: string, flags: CommonFlags) => {
      const answer = await connect(flags).cancel(id);
      if (flags.json) printJson(answer);
      else if ("faultstring" in answer) print(answer.faultstring);
      else print(`action execution with id ${answer.id} canceled.`);
    });
}

function steerCommand(verb: "pause" | "resume", description: string): Command {
  return serverCommand(verb, description, [`tailrace execution ${verb} last`])
    .argument("<id>", "an execution's id, or last")
    .action(async (id: string, flags: CommonFlags) => {
      const execution = await connect(flags)[verb](id);
      if (flags.json) printJson(execution);
      else print(`action execution with id ${execution.id} is ${execution.status}.`);
    });
}

function reRunCommand(): Command {
  return withPlacementFlags(
    withOutcomeFlags(
      serverCommand("re-run", "run an execution's action again, with given parameters replaced", [
        "tailrace execution re-run last",
        "tailrace execution re-run last cmd='uptime' --tail",
      ]),
    ),
  )
    .argument("<id>", "an execution's id, or last")
    .argument("[parameters...]", "name=value")
    .action(async (id: string, tokens: string[], flags: OutcomeFlags & PlacementFlags) => {
      checkNotify(flags);
      await beginTrace("tailrace execution re-run", {}, tell);
      const client = connect(flags);
      const source = await client.get(id);
      const { action, runner } = source;
      const placement = placementOf(flags);
      const current = await client.action(action.ref, placement.pool ?? poolOf(source));
      const [type] = (await client.runnerTypes()).filter(({ name }) => name === runner.name);
      const parameters = readParameters(tokens, type?.runner_parameters ?? {}, current.parameters);
      const again = await client.reRun(id, { parameters, ...placement });
      noteInTrace({ "tailrace.action": action.ref, "tailrace.execution.id": again.id });
      await showOutcome(client, again.id, flags);
    });
}
