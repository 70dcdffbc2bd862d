import type { Command } from "commander";
import type { PoolKeys } from "../../protocol/model/key.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { type CommonFlags, groupCommand, serverCommand } from "./options.ts";

/** `tailrace pool …`: the keys that a pool's executions may use. */
export function poolCommand(): Command {
  const keys = serverCommand(
    "keys",
    "show or set which keys the executions of a pool may use, for every user",
    [
      "tailrace pool keys web",
      "tailrace pool keys web --prefix web. --prefix shared.",
      "tailrace pool keys web --none",
      "tailrace pool keys web --all",
    ],
  )
    .argument("<pool>", "the pool's name")
    .option("--prefix <text...>", "grant only keys that begin with one of these")
    .option("--none", "grant no key")
    .option("--all", "grant every key (the default)")
    .action(async (pool: string, { prefix, none, all, ...flags }: KeysFlags) => {
      const given = [prefix !== undefined, none === true, all === true].filter((one) => one).length;
      if (given > 1)
        throw new CliError("--prefix, --none and --all exclude each other: give one of them.", EXIT.usage);
      const client = connect(flags);
      const granted =
        given === 0
          ? await client.poolKeys(pool)
          : await client.setPoolKeys(pool, all === true ? null : (prefix ?? []));
      if (flags.json) printJson(granted);
      else print(grantedText(granted));
    });
  return groupCommand("pool", "show or set what the executions of a pool may use", [
    "tailrace pool keys web --prefix web.",
  ]).addCommand(keys);
}

interface KeysFlags extends CommonFlags {
  prefix?: string[];
  none?: boolean;
  all?: boolean;
}

function grantedText({ pool, prefixes }: PoolKeys): string {
  if (prefixes === null) return `executions in ${pool} may use every key that their user may use`;
  if (prefixes.length === 0) return `executions in ${pool} may use no key`;
  return `executions in ${pool} may use the keys that begin with ${prefixes.join(", ")}`;
}
