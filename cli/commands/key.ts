import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { Command, Option } from "commander";
import { failureText } from "../../protocol/base/failure-text.ts";
import type { KeysOf } from "../../protocol/client/client.ts";
import { KEY_SCOPES, type KeyScope } from "../../protocol/model/key.ts";
import { CliError } from "../base/errors.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { type CommonFlags, serverCommand, wholeNumber } from "./options.ts";

/** `tailrace key …`: the key-value table that templates and actions read (`st2kv.system`, `st2kv.user`). */
export function keyCommand(): Command {
  const list = keysCommand(
    "list",
    "the keys that you may see; secret values are masked",
    ["tailrace key list", "tailrace key list --prefix mypack.", "tailrace key list --scope all"],
    [...KEY_SCOPES, "all"],
  )
    .option("--prefix <text>", "only those that begin so", "")
    .action(async ({ prefix, scope, user, ...flags }: CommonFlags & KeysOf & { prefix: string }) => {
      const keys = await connect(flags).keys(prefix, ofFlags({ scope, user }));
      if (flags.json) return printJson(keys);
      if (keys.length === 0) print("No keys. `tailrace key set -h` shows how to set one.");
      else
        printTable(
          ["name", "value", "secret", "scope", "user", "expires"],
          keys.map(({ name, value, secret, scope, user = "", expire_timestamp = "" }) => [
            name,
            value,
            secret ? "yes" : "",
            scope.replace("st2kv.", ""),
            user,
            expire_timestamp,
          ]),
        );
    });
  const get = keysCommand("get", "the value of a key", [
    "tailrace key get region",
    "tailrace key get token --decrypt",
    "tailrace key get token --scope user",
  ])
    .argument("<name>")
    .option("--decrypt", "show a secret value")
    .action(async (name: string, { decrypt, scope, user, ...flags }: GetFlags) => {
      const key = await connect(flags).key(name, { decrypt, ...ofFlags({ scope, user }) });
      if (flags.json) printJson(key);
      else print(key.value);
    });
  const set = keysCommand("set", "set a key", [
    "tailrace key set region eu-west-1",
    "tailrace key set token @token.txt --secret",
    "pass show token | tailrace key set token - --secret",
    "tailrace key set editor vim --scope user",
  ])
    .argument("<name>")
    .argument("<value>", "the value; @FILE reads it from a file, - from stdin")
    .option("--secret", "keep it encrypted, and mask it in the output of every action that reads it")
    .option("--ttl <seconds>", "how long it is kept", wholeNumber)
    .action(async (name: string, value: string, { secret = false, ttl, scope, user, ...flags }: SetFlags) => {
      if (secret && value !== "-" && !value.startsWith("@")) {
        throw new CliError("A secret on a command line is none: give it as @FILE, or - for stdin.", 2);
      }
      const key = await connect(flags).setKey(name, {
        value: await readValue(value),
        secret,
        ...(ttl === undefined ? {} : { ttl }),
        ...ofFlags({ scope, user }),
      });
      if (flags.json) printJson(key);
      else print(`${key.name} is set`);
    });
  const remove = keysCommand("delete", "delete a key", ["tailrace key delete region"])
    .argument("<name>")
    .action(async (name: string, { scope, user, ...flags }: CommonFlags & KeysOf) => {
      await connect(flags).deleteKey(name, ofFlags({ scope, user }));
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

interface GetFlags extends CommonFlags, KeysOf {
  decrypt?: boolean;
}

interface SetFlags extends CommonFlags {
  scope?: KeyScope;
  user?: string;
  secret?: boolean;
  ttl?: number;
}

/** A command about keys, which says whose. */
function keysCommand(
  name: string,
  description: string,
  examples: string[],
  scopes: readonly string[] = KEY_SCOPES,
): Command {
  return serverCommand(name, description, examples)
    .addOption(
      new Option("--scope <scope>", "the shared keys, or your own").choices(scopes).default("system"),
    )
    .option("--user <name>", "another user's own keys, for an administrator");
}

/** The query's filter by owner: a user implies the user scope. */
function ofFlags<Scope extends KeyScope | "all">({
  scope,
  user,
}: {
  scope: Scope | undefined;
  user: string | undefined;
}): { scope?: Scope | "user"; user?: string } {
  if (user !== undefined) return { scope: "user", user };
  return scope === undefined ? {} : { scope };
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
    throw new CliError(`${path} cannot be read: ${failureText(error)}. Give one that can: @FILE`);
  }
}
