import { Argument, type Command } from "commander";
import type { Role } from "../../protocol/model/identity.ts";
import { PERMISSIONS, type Permission } from "../../protocol/model/permissions.ts";
import { CliError } from "../base/errors.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { grantLines } from "./grants.ts";
import { type CommonFlags, groupCommand, type PoolFlag, serverCommand } from "./options.ts";

/** `tailrace role …`: what users may do, on a server with RBAC_ENABLED. */
export function roleCommand(): Command {
  const list = serverCommand("list", "list the roles, their grants and their users", [
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
      { wraps: ["grants", "users"], drops: ["users"] },
    );
  });
  const create = serverCommand("create", "create a role", [
    "tailrace role create operators --description 'run and watch actions'",
  ])
    .argument("<name>", "the role's name")
    .option("--description <text>", "what it is for", "")
    .action(async (name: string, { description, ...flags }: CommonFlags & { description: string }) => {
      const role = await connect(flags).identity.createRole({ name, description });
      if (flags.json) printJson(role);
      else print(`${name} is created; it grants nothing yet: tailrace role grant ${name} PERMISSION`);
    });
  const remove = serverCommand("delete", "delete a role and remove it from all users", [
    "tailrace role delete operators",
  ])
    .argument("<name>", "the role's name")
    .action(async (name: string, flags: CommonFlags) => {
      await connect(flags).identity.deleteRole(name);
      if (flags.json) printJson({ name, deleted: true });
      else print(`${name} is deleted`);
    });
  return groupCommand("role", "manage what users may do (on a server with RBAC_ENABLED)", [
    "tailrace role list",
    "tailrace role grant operators action_execute --on pack:core",
    "tailrace role assign operators ann",
  ])
    .addCommand(list)
    .addCommand(create)
    .addCommand(remove)
    .addCommand(grantCommand("grant"))
    .addCommand(grantCommand("revoke"))
    .addCommand(assignCommand())
    .addCommand(unassignCommand());
}

function grantCommand(verb: "grant" | "revoke"): Command {
  const description = verb === "grant" ? "grant permissions to a role" : "revoke permissions from a role";
  return serverCommand(verb, description, [
    `tailrace role ${verb} operators action_execute --on pack:core`,
    `tailrace role ${verb} operators execution_list stream_view`,
    `tailrace role ${verb} operators execution_view --on action:core:local`,
    `tailrace role ${verb} trainers action_execute --on pack:train --pool gpu`,
  ])
    .argument("<role>", "the role's name")
    .addArgument(new Argument("<permissions...>", "what the role permits").choices(PERMISSIONS))
    .option(
      "--on <resource>",
      "pack:NAME, action:PACK:NAME or key_value_pair:st2kv.system:NAME (default: everything)",
    )
    .option("--pool <name>", "the pool in which it holds (default: every pool)")
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
    .argument("<role>", "the role's name")
    .argument("<user>", "the user's name")
    .action(async (role: string, user: string, flags: CommonFlags) => {
      const assignment = await connect(flags).identity.assign(user, role);
      if (flags.json) printJson(assignment);
      else print(`${user} has the role ${role}`);
    });
}

function unassignCommand(): Command {
  return serverCommand("unassign", "remove a role from a user", ["tailrace role unassign operators ann"])
    .argument("<role>", "the role's name")
    .argument("<user>", "the user's name")
    .action(async (role: string, user: string, flags: CommonFlags) => {
      if (!(await connect(flags).identity.unassign(user, role)))
        throw new CliError(
          `${user} does not have the role ${role}. \`tailrace user list\` shows each user's roles.`,
        );
      if (flags.json) printJson({ role, user, unassigned: true });
      else print(`${user} no longer has the role ${role}`);
    });
}

function grantsText({ system, description, permission_grant_objects }: Role): string {
  return system ? description : grantLines(permission_grant_objects).join("\n");
}
