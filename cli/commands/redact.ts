import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import type { Command } from "commander";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { readUnseen } from "../terminal/prompt.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** How long the answer may take: all that is stored of a large tree is written anew first. Node waits for no longer. */
const REDACTED_MS_MAX = 300_000;

type RedactFlags = CommonFlags & { fromFile?: string; lines?: boolean };

/** `tailrace execution redact`. */
export function redactCommand(): Command {
  return serverCommand("redact", "take a text out of the stored output, result and parameters of a run", [
    "tailrace execution redact last",
    "pass show token | tailrace execution redact 6717b5e0f5d1b2c3a4958671",
    "tailrace execution redact last --from-file leaked.txt --lines",
  ])
    .argument("<id>", "an execution's id, or last; those above and below it are meant, too")
    .option("--from-file <file>", "the text stands in a file; otherwise it comes from stdin, or is asked for")
    .option("--lines", "each line is a text of its own")
    .action(async (id: string, flags: RedactFlags) => {
      const given = await givenText(flags);
      const texts = flags.lines ? given.split(/\r?\n/).filter((line) => line !== "") : [given];
      const client = connect(flags, REDACTED_MS_MAX);
      const redacted = await client.redact((await client.get(id)).id, { texts });
      if (flags.json) return printJson(redacted);
      const { id: top, done } = redacted;
      print(
        done
          ? `execution ${top} and all below it are redacted`
          : `execution ${top} is being redacted: it goes on by itself`,
      );
    });
}

/** Never from the command line, which other users of the host see. */
async function givenText({ fromFile }: RedactFlags): Promise<string> {
  if (fromFile === undefined && process.stdin.isTTY) return readUnseen("Text to redact:");
  return (fromFile === undefined ? await text(process.stdin) : readText(fromFile)).replace(/\r?\n$/, "");
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new CliError(failureText(error), 2);
  }
}
