import { Command } from "commander";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { type PasswordFlags, readNewPassword, readPassword } from "../terminal/prompt.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

interface UserFlags extends CommonFlags, PasswordFlags {}

/** `tailrace user …`: users that have a password on the server. */
export function userCommand(): Command {
  const list = serverCommand("list", "the users and their roles", ["tailrace user list"]).action(
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
      );
    },
  );
  const create = serverCommand("create", "make a user; asks for the password", [
    "tailrace user create ann",
    "pass show ann | tailrace user create ann --password-stdin",
  ])
    .argument("<name>")
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
    .argument("<name>")
    .action(async (name: string, flags: CommonFlags) => {
      await connect(flags).identity.deleteUser(name);
      if (flags.json) printJson({ name, deleted: true });
      else print(`${name} is deleted`);
    });
  const password = serverCommand("password", "set a new password; signs the user out everywhere", [
    "tailrace user password ann",
    "pass show ann | tailrace user password ann --password-stdin",
  ])
    .argument("<name>")
    .option("--password-stdin", "read the new password from stdin")
    .action(async (name: string, flags: UserFlags) => {
      const client = connect(flags);
      const { rbac } = await client.user();
      // A user who is no administrator must prove that the password is their own.
      const present = rbac.is_admin ? {} : { current_password: await readPassword("Current password:", {}) };
      const password = await readNewPassword(`New password of ${name}:`, flags);
      const user = await client.identity.updateUser(name, { password, ...present });
      if (flags.json) printJson(user);
      else print(`${name} has a new password`);
    });
  const command = new Command("user")
    .description("users that have a password on the server")
    .showHelpAfterError("(-h shows what there is)")
    .addCommand(list)
    .addCommand(create)
    .addCommand(remove)
    .addCommand(password);
  for (const enabled of [true, false]) command.addCommand(enableCommand(enabled));
  return command;
}

function enableCommand(enabled: boolean): Command {
  const verb = enabled ? "enable" : "disable";
  const description = enabled ? "let a user in again" : "let a user in no more, by whatever key or token";
  return serverCommand(verb, description, [`tailrace user ${verb} ann`])
    .argument("<name>")
    .action(async (name: string, flags: CommonFlags) => {
      const user = await connect(flags).identity.updateUser(name, { enabled });
      if (flags.json) printJson(user);
      else print(`${name} is ${verb}d`);
    });
}
