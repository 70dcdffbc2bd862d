import { Command } from "commander";
import type { PoolKeys } from "../../protocol/model/key.ts";
import { CliError } from "../base/errors.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** `tailrace pool …`: what a pool's hosts are trusted with. */
export function poolCommand(): Command {
  const keys = serverCommand("keys", "which keys the runs of a pool may reach, of every user", [
    "tailrace pool keys web",
    "tailrace pool keys web --prefix web. --prefix shared.",
    "tailrace pool keys web --none",
    "tailrace pool keys web --all",
  ])
    .argument("<pool>")
    .option("--prefix <text...>", "grant the keys whose names begin so, and no others")
    .option("--none", "grant none")
    .option("--all", "grant all, as at first")
    .action(async (pool: string, { prefix, none, all, ...flags }: KeysFlags) => {
      const given = [prefix !== undefined, none === true, all === true].filter((one) => one).length;
      if (given > 1)
        throw new CliError("--prefix, --none and --all do not go together: give one of them.", 2);
      const client = connect(flags);
      const granted =
        given === 0
          ? await client.poolKeys(pool)
          : await client.setPoolKeys(pool, all === true ? null : (prefix ?? []));
      if (flags.json) printJson(granted);
      else print(grantedText(granted));
    });
  return new Command("pool")
    .description("what the hosts of a pool are trusted with")
    .showHelpAfterError("(-h shows what there is)")
    .addCommand(keys);
}

interface KeysFlags extends CommonFlags {
  prefix?: string[];
  none?: boolean;
  all?: boolean;
}

function grantedText({ pool, prefixes }: PoolKeys): string {
  if (prefixes === null) return `runs in ${pool} reach every key that their user may have`;
  if (prefixes.length === 0) return `runs in ${pool} reach no key`;
  return `runs in ${pool} reach the keys that begin with ${prefixes.join(", ")}`;
}
