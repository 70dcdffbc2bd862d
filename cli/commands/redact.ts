import type { Command } from "commander";
import { readInputFile, readStdin, withoutLineEnd } from "../base/input.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { readUnseen } from "../terminal/prompt.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** How long the answer may take: the server first rewrites the stored data of the whole tree. */
const REDACTED_MS_MAX = 300_000;

type RedactFlags = CommonFlags & { fromFile?: string; lines?: boolean };

/** `tailrace execution redact`. */
export function redactCommand(): Command {
  return serverCommand("redact", "remove a text from an execution's stored output, result and parameters", [
    "tailrace execution redact last",
    "pass show token | tailrace execution redact 6717b5e0f5d1b2c3a4958671",
    "tailrace execution redact last --from-file leaked.txt --lines",
  ])
    .argument("<id>", "an execution's id, or last; its parents and children are included")
    .option("--from-file <file>", "read the text from a file (default: from stdin, or a prompt)")
    .option("--lines", "treat each line as a text of its own")
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
          : `execution ${top} is being redacted: the server continues by itself`,
      );
    });
}

/** The text to redact. It is never an argument: other users of the host can read a command line. */
async function givenText({ fromFile }: RedactFlags): Promise<string> {
  if (fromFile !== undefined) return withoutLineEnd(readInputFile(fromFile, "--from-file FILE"));
  return process.stdin.isTTY ? readUnseen("Text to redact:") : readStdin();
}
