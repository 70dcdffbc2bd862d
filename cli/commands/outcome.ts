import { type Command, Option } from "commander";
import type { Client } from "../../protocol/client/client.ts";
import { EXIT } from "../base/exit-codes.ts";
import {
  exitCodeOf,
  hasBegun,
  reconnectTeller,
  type TailOptions,
  type TailOutcome,
  tail,
} from "../output/tail.ts";
import { tellWaiting } from "../output/waiting.ts";
import { print, printExecution, printJson } from "../terminal/print.ts";
import { detachable } from "./detach.ts";
import { awaitOutcome, type ExitStatusFlags, withOwnExitStatus } from "./exit-status.ts";
import { type NotifyFlags, notifyEnd, withNotify } from "./notify.ts";
import { type CommonFlags, withTailFlags } from "./options.ts";

export type OutcomeFlags = CommonFlags &
  ExitStatusFlags &
  NotifyFlags &
  Pick<TailOptions, "type" | "includeMetadata" | "raw" | "plain"> & { tail?: boolean; async?: boolean };

/** Between two dots on a terminal, while the action runs. */
const PROGRESS_MS = 2_000;

/** Adds the flags that say how to show the outcome of a started execution. */
export function withOutcomeFlags(command: Command): Command {
  return withNotify(withOwnExitStatus(withTailFlags(command)))
    .option("--tail", "print the output while the action runs")
    .addOption(new Option("-a, --async", "do not wait for the end").conflicts(["notify", "notifyRun"]));
}

/** Shows the outcome of a started execution, and sets the exit code. */
export async function showOutcome(client: Client, id: string, flags: OutcomeFlags): Promise<void> {
  if (flags.async) return showStarted(client, id, flags);
  awaitOutcome(flags);
  const end = flags.tail ? await showOutput(client, id, flags) : await showEnd(client, id, flags);
  await notifyEnd(id, end, flags);
  if (end) process.exitCode = flags.exitStatus === false ? EXIT.success : exitCodeOf(end);
}

async function showStarted(client: Client, id: string, { json }: OutcomeFlags): Promise<void> {
  const execution = await client.get(id);
  if (json) return printJson(execution);
  printExecution(execution);
  print(`\nTo follow it: tailrace execution tail ${id}`);
}

async function showOutput(client: Client, id: string, flags: OutcomeFlags): Promise<TailOutcome> {
  if (!flags.json) print(`Tailing execution "${id}"`);
  return detachable(id, (signal) => tail(client, id, { ...flags, signal }));
}

async function showEnd(client: Client, id: string, { json }: OutcomeFlags): Promise<TailOutcome> {
  const progress = showProgress();
  const end = await detachable(id, (signal) => waitForEnd(client, id, signal)).finally(progress.stop);
  if (!end) return undefined;
  const execution = await client.get(id);
  if (json) printJson(execution);
  else printExecution(execution);
  return end;
}

async function waitForEnd(client: Client, id: string, signal: AbortSignal) {
  // The output is not shown here, so this follows only `other`, which few actions write to.
  const records = client.follow(id, {
    type: "other",
    transport: "websocket",
    signal,
    onReconnect: reconnectTeller(),
  });
  const waiting = tellWaiting(client, id);
  try {
    for await (const record of records) {
      if (hasBegun(record)) waiting.stop();
      if ("event" in record && record.event === "end") return record;
    }
    return undefined;
  } finally {
    waiting.stop();
  }
}

function showProgress(): { stop: () => void } {
  if (!process.stderr.isTTY) return { stop: () => undefined };
  let dots = 0;
  const timer = setInterval(() => {
    dots++;
    process.stderr.write(".");
  }, PROGRESS_MS);
  return {
    stop: () => {
      clearInterval(timer);
      if (dots > 0) process.stderr.write("\n");
    },
  };
}
