import { type Command, Option } from "commander";
import { type Chunk, chunkBytes, type OutputType } from "../../protocol/wire/chunk.ts";
import { isChunk } from "../../protocol/wire/record.ts";
import { PlainOutput } from "../output/plain-output.ts";
import { write } from "../output/printer.ts";
import { reconnectTeller, type TailOptions, type TailOutcome, tail } from "../output/tail.ts";
import { connect } from "../settings/connect.ts";
import { type LookFlags, lookOf, withLookFlags } from "../terminal/look.ts";
import { Screen } from "../terminal/screen.ts";
import { detachable } from "./detach.ts";
import { awaitOutcome, type ExitStatusFlags, exitWith, withExitStatus } from "./exit-status.ts";
import { checkNotify, type NotifyFlags, notifyEnd, withNotify } from "./notify.ts";
import { type CommonFlags, EXECUTION_ID, serverCommand, wholeNumber, withTailFlags } from "./options.ts";

type TailFlags = CommonFlags & ExitStatusFlags & NotifyFlags & Omit<TailOptions, "signal" | "onChunk">;

/** `tailrace execution tail`, which is also `tailrace tail`. */
export function tailCommand(name: string): Command {
  return withNotify(
    withExitStatus(
      withTailFlags(
        serverCommand(name, "follow an execution's output until it ends", [
          "tailrace execution tail last",
          "tailrace execution tail last --type stderr --include-metadata",
          "tailrace execution tail last --lines 20",
          "tailrace execution tail last --no-follow | less",
          "tailrace execution tail last --exit-status && echo succeeded",
          "tailrace execution tail last --notify",
          "tailrace execution tail last --notify-run 'notify-send \"$TAILRACE_ENDED_STATUS\"'",
        ]),
      ),
    ),
  )
    .argument(...EXECUTION_ID)
    .option("--after <seq>", "start after this sequence number", wholeNumber)
    .option("--lines <count>", "start with this many last lines", wholeNumber)
    .addOption(
      new Option("--follow [boolean]", "false: stop after the output so far")
        .default(true)
        .argParser((text) => text !== "false"),
    )
    .option("--no-follow", "the same as --follow=false")
    .action(async (named: string, flags: TailFlags) => {
      checkNotify(flags);
      const client = connect(flags);
      // A request before following: an unreachable server or a wrong id fails at once, and following would try again.
      const { id } = await client.get(named);
      awaitOutcome(flags);
      const outcome = await detachable(id, (signal) => tail(client, id, { ...flags, signal }));
      exitWith(outcome, flags, id);
      await notifyEnd(id, outcome, flags);
    });
}

type OutputFlags = CommonFlags & ExitStatusFlags & LookFlags & { type?: OutputType; follow: boolean };

/** `tailrace execution output`: the bytes alone, without words around them. */
export function outputCommand(): Command {
  return withExitStatus(
    withLookFlags(
      serverCommand("output", "write the output's bytes until it ends", [
        "tailrace execution output last > build.log",
        "tailrace execution output last --type stderr --no-follow",
      ]),
    ),
  )
    .argument(...EXECUTION_ID)
    .addOption(new Option("--type <stream>", "show only this stream").choices(["stdout", "stderr", "other"]))
    .option("--no-follow", "stop after the output so far")
    .action(async (named: string, flags: OutputFlags) => {
      const client = connect(flags);
      const { id } = await client.get(named);
      const { type, follow } = flags;
      const look = lookOf(flags);
      const screen = look === "terminal" ? new Screen() : undefined;
      const plain = look === "plain" ? new PlainOutput((_, text) => text) : undefined;
      const shown = (chunk: Chunk) =>
        screen?.show(chunk, "screen") ?? plain?.show(chunk) ?? chunkBytes(chunk);
      const tellReconnect = reconnectTeller();
      const read = async (signal: AbortSignal): Promise<TailOutcome> => {
        // Follows instead of downloading: following resumes after a broken connection.
        const records = client.follow(id, {
          transport: "websocket",
          follow,
          signal,
          onReconnect: (error, wait_ms) => {
            process.stdout.write(screen?.interrupt() ?? "");
            tellReconnect(error, wait_ms);
          },
          ...(type ? { type } : {}),
        });
        for await (const record of records) {
          if (isChunk(record)) await write(shown(record));
          else if (record.event === "end") return record;
        }
        return undefined;
      };
      awaitOutcome(flags);
      const close = () => {
        screen?.close();
        process.stdout.write(plain?.end() ?? "");
      };
      exitWith(await detachable(id, (signal) => read(signal).finally(close)), flags, id);
    });
}
