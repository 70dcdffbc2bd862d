import { type Command, Option } from "commander";
import type { KeyOwner } from "../../protocol/client/client.ts";
import { KEY_SCOPES, type KeyScope } from "../../protocol/model/key.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { readInputFile, readStdin, withoutLineEnd } from "../base/input.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { type CommonFlags, groupCommand, serverCommand, wholeNumber } from "./options.ts";

/** `tailrace key …`: the key-value table that templates and actions read (`st2kv.system`, `st2kv.user`). */
export function keyCommand(): Command {
  const list = keysCommand(
    "list",
    "list the keys that you may see; secret values are masked",
    ["tailrace key list", "tailrace key list --prefix mypack.", "tailrace key list --scope all"],
    [...KEY_SCOPES, "all"],
  )
    .option("--prefix <text>", "show only keys that begin with this", "")
    .action(async ({ prefix, scope, user, ...flags }: CommonFlags & KeyOwner & { prefix: string }) => {
      const keys = await connect(flags).keys(prefix, ownerFilter({ scope, user }));
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
          { wraps: ["value"], drops: ["expires", "user", "scope", "secret"] },
        );
    });
  const get = keysCommand("get", "show a key's value", [
    "tailrace key get region",
    "tailrace key get token --decrypt",
    "tailrace key get token --scope user",
  ])
    .argument("<name>", "the key's name")
    .option("--decrypt", "show a secret value")
    .action(async (name: string, { decrypt, scope, user, ...flags }: GetFlags) => {
      const key = await connect(flags).key(name, { decrypt, ...ownerFilter({ scope, user }) });
      if (flags.json) printJson(key);
      else print(key.value);
    });
  const set = keysCommand("set", "set a key", [
    "tailrace key set region eu-west-1",
    "tailrace key set token @token.txt --secret",
    "pass show token | tailrace key set token - --secret",
    "tailrace key set editor vim --scope user",
  ])
    .argument("<name>", "the key's name")
    .argument("<value>", "the value; @FILE reads it from a file, - from stdin")
    .option("--secret", "store it encrypted, and mask it in the output of every action that reads it")
    .option("--ttl <seconds>", "delete it after this time", wholeNumber)
    .action(async (name: string, value: string, { secret = false, ttl, scope, user, ...flags }: SetFlags) => {
      if (secret && value !== "-" && !value.startsWith("@")) {
        throw new CliError(
          "Other users can read a command line: give the secret as @FILE, or - for stdin.",
          EXIT.usage,
        );
      }
      const key = await connect(flags).setKey(name, {
        value: await readValue(value),
        secret,
        ...(ttl === undefined ? {} : { ttl }),
        ...ownerFilter({ scope, user }),
      });
      if (flags.json) printJson(key);
      else print(`${key.name} is set`);
    });
  const remove = keysCommand("delete", "delete a key", ["tailrace key delete region"])
    .argument("<name>", "the key's name")
    .action(async (name: string, { scope, user, ...flags }: CommonFlags & KeyOwner) => {
      await connect(flags).deleteKey(name, ownerFilter({ scope, user }));
      if (flags.json) printJson({ name, deleted: true });
      else print(`${name} is deleted`);
    });
  return groupCommand("key", "manage the key-value table that templates and actions read", [
    "tailrace key set region eu-west-1",
    "tailrace key list",
  ])
    .addCommand(list)
    .addCommand(get)
    .addCommand(set)
    .addCommand(remove);
}

interface GetFlags extends CommonFlags, KeyOwner {
  decrypt?: boolean;
}

interface SetFlags extends CommonFlags {
  scope?: KeyScope;
  user?: string;
  secret?: boolean;
  ttl?: number;
}

/** A command about keys, with flags for their scope and owner. */
function keysCommand(
  name: string,
  description: string,
  examples: string[],
  scopes: readonly string[] = KEY_SCOPES,
): Command {
  return serverCommand(name, description, examples)
    .addOption(
      new Option("--scope <scope>", "system: the shared keys; user: your own")
        .choices(scopes)
        .default("system"),
    )
    .option("--user <name>", "this user's own keys (for administrators)");
}

/** The query's filter by owner: a user implies the user scope. */
function ownerFilter<Scope extends KeyScope | "all">({
  scope,
  user,
}: {
  scope: Scope | undefined;
  user: string | undefined;
}): { scope?: Scope | "user"; user?: string } {
  if (user !== undefined) return { scope: "user", user };
  return scope === undefined ? {} : { scope };
}

/** The given value. From a file or stdin, it has no last line end. */
async function readValue(value: string): Promise<string> {
  if (value === "-") return readStdin();
  return value.startsWith("@") ? withoutLineEnd(readInputFile(value.slice(1), "@FILE")) : value;
}
