import { Command, Option } from "commander";
import type { ApiKey } from "../../protocol/model/identity.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable, tell } from "../terminal/print.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** `tailrace apikey …`: keys for programs, agents and people. */
export function apikeyCommand(): Command {
  const list = serverCommand("list", "one's own keys; for an administrator all", [
    "tailrace apikey list",
    "tailrace apikey list --user deployer",
  ])
    .option("--user <name>", "only of this user")
    .action(async ({ user, ...flags }: CommonFlags & { user?: string }) => {
      const keys = await connect(flags).identity.apiKeys(user);
      if (flags.json) return printJson(keys);
      printTable(
        ["id", "user", "role", "pool", "enabled", "created"],
        keys.map(({ id, user, role, pool = "", enabled, created_at }) => [
          id,
          user,
          role,
          pool,
          enabled ? "yes" : "no",
          created_at,
        ]),
      );
    });
  const create = serverCommand("create", "make a key; it is shown this once", [
    "tailrace apikey create",
    "tailrace apikey create --user deployer",
    "tailrace apikey create --user agent --role agent --pool default",
  ])
    .option("--user <name>", "whose it is; else one's own")
    .addOption(
      new Option("--role <role>", "the user's own roles, an administrator's, or an agent's")
        .choices(["user", "admin", "agent"])
        .default("user"),
    )
    .option("--pool <name>", "the pool of an agent's key")
    .action(async ({ user, role, pool, ...flags }: CreateFlags) => {
      const created = await connect(flags).identity.createApiKey({
        role,
        ...(user === undefined ? {} : { user }),
        ...(pool === undefined ? {} : { pool }),
      });
      if (flags.json) return printJson(created);
      // Alone on stdout, so that a program can take it.
      tell(`The key of ${created.user} (${created.id}), shown this once:`);
      print(created.key);
    });
  const remove = serverCommand("delete", "delete a key; what it has open ends", [
    "tailrace apikey delete 6b04912e0000abcdef000001",
  ])
    .argument("<id>")
    .option("--with-agents", "revoke the agents that it has registered too; else they go on")
    .action(async (id: string, { withAgents = false, ...flags }: CommonFlags & { withAgents?: boolean }) => {
      await connect(flags).identity.deleteApiKey(id, { with_agents: withAgents });
      if (flags.json) printJson({ id, deleted: true, with_agents: withAgents });
      else
        print(`${id} is deleted${withAgents ? ", and the agents that it has registered are revoked" : ""}`);
    });
  return new Command("apikey")
    .description("keys for programs, agents and people")
    .showHelpAfterError("(-h shows what there is)")
    .addCommand(list)
    .addCommand(create)
    .addCommand(enableCommand(false))
    .addCommand(enableCommand(true))
    .addCommand(remove);
}

interface CreateFlags extends CommonFlags {
  user?: string;
  role: ApiKey["role"];
  pool?: string;
}

function enableCommand(enabled: boolean): Command {
  const verb = enabled ? "enable" : "disable";
  const description = enabled ? "let a key in again" : "let a key in no more; what it has open ends";
  return serverCommand(verb, description, [`tailrace apikey ${verb} 6b04912e0000abcdef000001`])
    .argument("<id>")
    .action(async (id: string, flags: CommonFlags) => {
      const key = await connect(flags).identity.enableApiKey(id, enabled);
      if (flags.json) printJson(key);
      else print(`${id} is ${verb}d`);
    });
}
