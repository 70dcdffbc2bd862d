import type { Command } from "commander";
import type { Client } from "../../protocol/client.ts";
import type { Execution } from "../../protocol/execution.ts";
import { connect } from "../connect.ts";
import { readParameters } from "../parameters.ts";
import { print, printExecution, printJson } from "../print.ts";
import { exitCodeOf, type TailOptions, tail } from "../tail.ts";
import { detachable } from "./detach.ts";
import { type CommonFlags, serverCommand, withTailFlags } from "./options.ts";

type RunFlags = CommonFlags &
  Pick<TailOptions, "type" | "includeMetadata"> & { tail?: boolean; async?: boolean };

/** `tailrace run`: starts an action; its exit code is the action's outcome. */
export function runCommand(): Command {
  return withTailFlags(
    serverCommand("run", "start an action", [
      "tailrace run core.local cmd='uname -a' --tail",
      "tailrace run core.local date -R",
      "tailrace run examples.count count=20 sleep_delay=0.1 --tail",
      "tailrace run core.local cmd='sleep 60' --async",
    ]),
  )
    .argument("<action>", "its reference, pack.name")
    .argument("[parameters...]", "name=value; @name=file sends a file; words without = are cmd")
    .option("--tail", "print the output as it is made")
    .option("-a, --async", "do not wait for the end")
    .action(async (action: string, tokens: string[], flags: RunFlags) => {
      const client = connect(flags);
      const { id } = await create(client, action, tokens);
      if (flags.async) await printStarted(await client.get(id), flags);
      else if (flags.tail) await runTailing(client, id, flags);
      else await runWaiting(client, id, flags);
    });
}

async function create(client: Client, ref: string, tokens: string[]): Promise<Execution> {
  const [action, runners] = await Promise.all([client.action(ref), client.runnerTypes()]);
  const runner = runners.find(({ name }) => name === action.runner_type);
  return client.create({
    action: ref,
    parameters: readParameters(tokens, runner?.runner_parameters ?? {}, action.parameters),
  });
}

async function printStarted(execution: Execution, { json }: RunFlags): Promise<void> {
  if (json) return printJson(execution);
  printExecution(execution);
  print(`\nTo follow it: tailrace execution tail ${execution.id}`);
}

async function runTailing(client: Client, id: string, flags: RunFlags): Promise<void> {
  if (!flags.json) print(`Tailing execution "${id}"`);
  const end = await detachable(id, (signal) =>
    tail(client, id, { ...flags, colour: process.stdout.isTTY, signal }),
  );
  if (end) process.exitCode = exitCodeOf(end);
}

async function runWaiting(client: Client, id: string, flags: RunFlags): Promise<void> {
  const end = await detachable(id, async (signal) => {
    for await (const record of client.follow(id, { transport: "websocket", signal })) {
      if ("event" in record && record.event === "end") return record;
      if (process.stderr.isTTY && "seq" in record) process.stderr.write(".");
    }
    return undefined;
  });
  if (!end) return;
  if (process.stderr.isTTY) process.stderr.write("\n");
  const execution = await client.get(id);
  if (flags.json) printJson(execution);
  else printExecution(execution);
  process.exitCode = exitCodeOf(end);
}
