import type { Command } from "commander";
import { connect } from "../connect.ts";
import { print, printJson } from "../print.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

/** `tailrace execution link`. The address alone goes to stdout, for a pipe; until when it opens is said beside it. */
export function linkCommand(): Command {
  return serverCommand("link", "make an address that opens one execution, to read, without signing in", [
    "tailrace execution link last",
    "tailrace execution link last --ttl 86400",
  ])
    .argument("[id]", "an execution's id, or last", "last")
    .option("--ttl <seconds>", "how long it opens", wholeNumber, 3_600)
    .action(async (named: string, { ttl, ...flags }: CommonFlags & { ttl: number }) => {
      const link = await connect(flags).identity.link(named, ttl);
      if (flags.json) return printJson(link);
      print(link.url);
      process.stderr.write(`It opens this execution for whoever has it, until ${link.expires}.\n`);
    });
}
