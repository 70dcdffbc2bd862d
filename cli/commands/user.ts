import type { Command } from "commander";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { type PasswordFlags, readNewPassword, readPassword } from "../terminal/prompt.ts";
import { printTable } from "../terminal/table.ts";
import { type CommonFlags, groupCommand, serverCommand } from "./options.ts";

interface UserFlags extends CommonFlags, PasswordFlags {}

/** `tailrace user …`: users that sign in with a password. */
export function userCommand(): Command {
  const list = serverCommand("list", "list the users and their roles", ["tailrace user list"]).action(
    async (flags: CommonFlags) => {
      const users = await connect(flags).identity.users();
      if (flags.json) return printJson(users);
      printTable(
        ["name", "roles", "enabled", "created"],
        users.map(({ name, roles, enabled, created_at }) => [
          name,
          roles.join(", "),
          enabled ? "yes" : "no",
          created_at,
        ]),
        { wraps: ["roles"], drops: ["created", "enabled"] },
      );
    },
  );
  const create = serverCommand("create", "create a user; asks for the password", [
    "tailrace user create ann",
    "pass show ann | tailrace user create ann --password-stdin",
  ])
    .argument("<name>", "the user's name")
    .option("--password-stdin", "read the password from stdin")
    .action(async (name: string, flags: UserFlags) => {
      const client = connect(flags);
      const password = await readNewPassword(`Password of ${name}:`, flags);
      const user = await client.identity.createUser({ name, password });
      if (flags.json) printJson(user);
      else print(`${name} may sign in: tailrace login ${name}`);
    });
  const remove = serverCommand("delete", "delete a user with their keys, tokens and roles", [
    "tailrace user delete ann",
  ])
    .argument("<name>", "the user's name")
    .action(async (name: string, flags: CommonFlags) => {
      await connect(flags).identity.deleteUser(name);
      if (flags.json) printJson({ name, deleted: true });
      else print(`${name} is deleted`);
    });
  const password = serverCommand("password", "set a new password and sign the user out everywhere", [
    "tailrace user password ann",
    "pass show ann | tailrace user password ann --password-stdin",
  ])
    .argument("<name>", "the user's name")
    .option("--password-stdin", "read the new password from stdin")
    .action(async (name: string, flags: UserFlags) => {
      const client = connect(flags);
      const { rbac } = await client.user();
      // Without administrator rights, the present password is required.
      const present = rbac.is_admin ? {} : { current_password: await readPassword("Current password:", {}) };
      const password = await readNewPassword(`New password of ${name}:`, flags);
      const user = await client.identity.updateUser(name, { password, ...present });
      if (flags.json) printJson(user);
      else print(`${name} has a new password`);
    });
  const command = groupCommand("user", "manage users that sign in with a password", [
    "tailrace user list",
    "tailrace user create ann",
  ])
    .addCommand(list)
    .addCommand(create)
    .addCommand(remove)
    .addCommand(password);
  for (const enabled of [true, false]) command.addCommand(enableCommand(enabled));
  return command;
}

function enableCommand(enabled: boolean): Command {
  const verb = enabled ? "enable" : "disable";
  const description = enabled ? "enable a disabled user" : "disable a user, with all keys and tokens";
  return serverCommand(verb, description, [`tailrace user ${verb} ann`])
    .argument("<name>", "the user's name")
    .action(async (name: string, flags: CommonFlags) => {
      const user = await connect(flags).identity.updateUser(name, { enabled });
      if (flags.json) printJson(user);
      else print(`${name} is ${verb}d`);
    });
}
