import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Command } from "commander";
import { connect } from "../connect.ts";
import { CliError, describeError } from "../errors.ts";
import { print, printJson, printTable } from "../print.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

/** `tailrace key …`: the key-value table that templates and actions read (`st2kv.system`). */
export function keyCommand(): Command {
  const list = serverCommand("list", "the keys; secret values are masked", [
    "tailrace key list",
    "tailrace key list --prefix mypack.",
  ])
    .option("--prefix <text>", "only those that begin so", "")
    .action(async ({ prefix, ...flags }: CommonFlags & { prefix: string }) => {
      const keys = await connect(flags).keys(prefix);
      if (flags.json) return printJson(keys);
      if (keys.length === 0) print("No keys. `tailrace key set -h` shows how to set one.");
      else
        printTable(
          ["name", "value", "secret", "expires"],
          keys.map(({ name, value, secret, expire_timestamp = "" }) => [
            name,
            value,
            secret ? "yes" : "",
            expire_timestamp,
          ]),
        );
    });
  const get = serverCommand("get", "the value of a key", [
    "tailrace key get region",
    "tailrace key get token --decrypt",
  ])
    .argument("<name>")
    .option("--decrypt", "show a secret value")
    .action(async (name: string, { decrypt, ...flags }: CommonFlags & { decrypt?: boolean }) => {
      const key = await connect(flags).key(name, decrypt);
      if (flags.json) printJson(key);
      else print(key.value);
    });
  const set = serverCommand("set", "set a key", [
    "tailrace key set region eu-west-1",
    "tailrace key set token @token.txt --secret",
    "pass show token | tailrace key set token - --secret",
  ])
    .argument("<name>")
    .argument("<value>", "the value; @FILE reads it from a file, - from stdin")
    .option("--secret", "keep it encrypted, and mask it in the output of every action that reads it")
    .option("--ttl <seconds>", "how long it is kept", wholeNumber)
    .action(async (name: string, value: string, { secret = false, ttl, ...flags }: SetFlags) => {
      if (secret && value !== "-" && !value.startsWith("@")) {
        throw new CliError("A secret on a command line is none: give it as @FILE, or - for stdin.", 2);
      }
      const key = await connect(flags).setKey(name, {
        value: await readValue(value),
        secret,
        ...(ttl === undefined ? {} : { ttl }),
      });
      if (flags.json) printJson(key);
      else print(`${key.name} is set`);
    });
  const remove = serverCommand("delete", "delete a key", ["tailrace key delete region"])
    .argument("<name>")
    .action(async (name: string, flags: CommonFlags) => {
      await connect(flags).deleteKey(name);
      if (flags.json) printJson({ name, deleted: true });
      else print(`${name} is deleted`);
    });
  return new Command("key")
    .description("values that templates and actions read")
    .showHelpAfterError("(-h shows what there is)")
    .addCommand(list)
    .addCommand(get)
    .addCommand(set)
    .addCommand(remove);
}

interface SetFlags extends CommonFlags {
  secret?: boolean;
  ttl?: number;
}

/** A value as it was given, or without the last line end from a file or stdin. */
async function readValue(value: string): Promise<string> {
  if (value !== "-" && !value.startsWith("@")) return value;
  const read = value === "-" ? await text(process.stdin) : readFile(value.slice(1));
  return read.replace(/\r?\n$/, "");
}

function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(`${path} cannot be read: ${describeError(error)}`);
  }
}
