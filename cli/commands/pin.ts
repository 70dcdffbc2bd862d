import type { Command } from "commander";
import type { Execution } from "../../protocol/model/execution.ts";
import { connect } from "../settings/connect.ts";
import { keptText, print, printJson } from "../terminal/print.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** `tailrace execution pin`. */
export function pinCommand(): Command {
  return serverCommand("pin", "keep an execution and its output until it is unpinned", [
    "tailrace execution pin last",
  ])
    .argument("<id>", "an execution's id, or last")
    .action(async (id: string, flags: CommonFlags) => show(await connect(flags).pin(id), flags));
}

/** `tailrace execution unpin`. */
export function unpinCommand(): Command {
  return serverCommand("unpin", "unpin an execution: its retention time starts again", [
    "tailrace execution unpin last",
  ])
    .argument("<id>", "an execution's id, or last")
    .action(async (id: string, flags: CommonFlags) => show(await connect(flags).unpin(id), flags));
}

function show(execution: Execution, { json }: CommonFlags): void {
  if (json) printJson(execution);
  else print(`output of execution ${execution.id}: ${keptText(execution)}`);
}
