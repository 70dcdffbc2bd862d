import type { Command } from "commander";
import type { ListedLink } from "../../protocol/model/identity.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

/** `tailrace execution link`. Only the address goes to stdout, for a pipe. Its expiry goes to stderr. */
export function linkCommand(): Command {
  return serverCommand("link", "create an address that shows one execution without signing in", [
    "tailrace execution link last",
    "tailrace execution link last --ttl 86400",
    "tailrace execution link list",
    "tailrace execution link revoke 6b04912e0000abcdef000001",
  ])
    .argument("[id]", "an execution's id, or last", "last")
    .option("--ttl <seconds>", "how long the link is valid", wholeNumber, 3_600)
    .action(async (named: string, { ttl, ...flags }: CommonFlags & { ttl: number }) => {
      const link = await connect(flags).identity.link(named, ttl);
      if (flags.json) return printJson(link);
      print(link.url);
      process.stderr.write(
        `Anyone with this link can read the execution until ${link.expires}.\nTo revoke it earlier: tailrace execution link revoke ${link.id}\n`,
      );
    })
    .addCommand(listCommand())
    .addCommand(revokeCommand());
}

/** The common flags are read from `link` too: it has the same ones, and the parser gives them to it. */
function listCommand(): Command {
  return serverCommand("list", "list your links; administrators see all links", [
    "tailrace execution link list",
    "tailrace execution link list last",
  ])
    .argument("[execution]", "show only links to this execution: its id, or last")
    .action(async (execution: string | undefined, _: CommonFlags, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const links = await connect(flags).identity.links(execution);
      if (flags.json) return printJson(links);
      printTable(["id", "execution", "created by", "created", "valid until"], links.map(rowOf), {
        drops: ["created by", "created", "valid until", "execution"],
      });
    });
}

function rowOf(link: ListedLink): string[] {
  const { id, execution_id, created_by, created_at, expires, revoked_at, revoked_by } = link;
  const until = revoked_at === undefined ? expires : `revoked ${revoked_at} by ${revoked_by}`;
  return [id, execution_id, created_by, created_at, until];
}

function revokeCommand(): Command {
  return serverCommand("revoke", "revoke a link and close the streams that it opened", [
    "tailrace execution link revoke 6b04912e0000abcdef000001",
    "tailrace execution link revoke --all last",
  ])
    .argument("[link]", "a link's id, as `tailrace execution link list` shows it")
    .option("--all <execution>", "revoke every link to this execution, also unlisted ones")
    .action(async (link: string | undefined, { all }: { all?: string }, command: Command) => {
      const flags = command.optsWithGlobals<CommonFlags>();
      const { identity } = connect(flags);
      if ((link === undefined) === (all === undefined))
        throw new CliError("Give the id of a link, or --all with an execution.", EXIT.usage);
      if (all !== undefined) {
        const { revoked } = await identity.revokeLinks(all);
        if (flags.json) return printJson({ execution: all, revoked });
        return print(`the links of execution ${all} are revoked (${revoked} listed)`);
      }
      const id = link ?? "";
      await identity.revokeLink(id);
      if (flags.json) printJson({ id, revoked: true });
      else print(`link ${id} is revoked`);
    });
}
