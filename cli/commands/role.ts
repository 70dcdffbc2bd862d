import { Argument, Command } from "commander";
import type { Role } from "../../protocol/model/identity.ts";
import { PERMISSIONS, type Permission } from "../../protocol/model/permissions.ts";
import { CliError } from "../base/errors.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { grantLines } from "./grants.ts";
import { type CommonFlags, type PoolFlag, serverCommand } from "./options.ts";

/** `tailrace role …`: what users may do, where the server lets roles count. */
export function roleCommand(): Command {
  const list = serverCommand("list", "roles, what they grant, and who has them", [
    "tailrace role list",
  ]).action(async (flags: CommonFlags) => {
    const { identity } = connect(flags);
    const [roles, assignments] = await Promise.all([identity.roles(), identity.assignments()]);
    const usersOf = (role: Role) =>
      assignments.filter((assignment) => assignment.role === role.name).map(({ user }) => user);
    if (flags.json) return printJson(roles.map((role) => ({ ...role, users: usersOf(role) })));
    printTable(
      ["name", "grants", "users"],
      roles.map((role) => [role.name, grantsText(role), usersOf(role).join("\n")]),
    );
  });
  const create = serverCommand("create", "make a role", [
    "tailrace role create operators --description 'who runs things'",
  ])
    .argument("<name>")
    .option("--description <text>", "what it is for", "")
    .action(async (name: string, { description, ...flags }: CommonFlags & { description: string }) => {
      const role = await connect(flags).identity.createRole({ name, description });
      if (flags.json) printJson(role);
      else print(`${name} is made; it grants nothing yet: tailrace role grant ${name} PERMISSION`);
    });
  const remove = serverCommand("delete", "delete a role, and take it from everybody", [
    "tailrace role delete operators",
  ])
    .argument("<name>")
    .action(async (name: string, flags: CommonFlags) => {
      await connect(flags).identity.deleteRole(name);
      if (flags.json) printJson({ name, deleted: true });
      else print(`${name} is deleted`);
    });
  return new Command("role")
    .description("what users may do, where the server has RBAC_ENABLED")
    .showHelpAfterError("(-h shows what there is)")
    .addCommand(list)
    .addCommand(create)
    .addCommand(remove)
    .addCommand(grantCommand("grant"))
    .addCommand(grantCommand("revoke"))
    .addCommand(assignCommand())
    .addCommand(unassignCommand());
}

function grantCommand(verb: "grant" | "revoke"): Command {
  const description = verb === "grant" ? "let a role do something" : "let a role do it no more";
  return serverCommand(verb, description, [
    `tailrace role ${verb} operators action_execute --on pack:core`,
    `tailrace role ${verb} operators execution_list stream_view`,
    `tailrace role ${verb} operators execution_view --on action:core:local`,
    `tailrace role ${verb} trainers action_execute --on pack:train --pool gpu`,
  ])
    .argument("<role>")
    .addArgument(new Argument("<permissions...>").choices(PERMISSIONS))
    .option(
      "--on <resource>",
      "pack:NAME, action:PACK:NAME or key_value_pair:st2kv.system:NAME; else everything",
    )
    .option("--pool <name>", "the pool in which it holds; else every pool")
    .action(
      async (
        name: string,
        permission_types: Permission[],
        { on, pool, ...flags }: CommonFlags & PoolFlag & { on?: string },
      ) => {
        const role = await connect(flags).identity[verb](name, {
          permission_types,
          resource_uid: on ?? null,
          pool: pool ?? null,
        });
        if (flags.json) printJson(role);
        else print(`${name} grants now:\n${grantsText(role) || "nothing"}`);
      },
    );
}

function assignCommand(): Command {
  return serverCommand("assign", "give a role to a user", [
    "tailrace role assign operators ann",
    "tailrace role assign observer bob@example.com",
  ])
    .argument("<role>")
    .argument("<user>")
    .action(async (role: string, user: string, flags: CommonFlags) => {
      const assignment = await connect(flags).identity.assign(user, role);
      if (flags.json) printJson(assignment);
      else print(`${user} has the role ${role}`);
    });
}

function unassignCommand(): Command {
  return serverCommand("unassign", "take a role from a user", ["tailrace role unassign operators ann"])
    .argument("<role>")
    .argument("<user>")
    .action(async (role: string, user: string, flags: CommonFlags) => {
      if (!(await connect(flags).identity.unassign(user, role)))
        throw new CliError(
          `${user} does not have the role ${role}. \`tailrace user list\` shows who has which.`,
        );
      if (flags.json) printJson({ role, user, unassigned: true });
      else print(`${user} has the role ${role} no more`);
    });
}

function grantsText({ system, description, permission_grant_objects }: Role): string {
  return system ? description : grantLines(permission_grant_objects).join("\n");
}
