import { type Command, Option } from "commander";
import type { ApiKey } from "../../protocol/model/identity.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, tell } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { type CommonFlags, groupCommand, serverCommand } from "./options.ts";

const ID = ["<id>", "a key's id, as `tailrace apikey list` shows it"] as const;

/** `tailrace apikey …`: API keys of users, programs and agents. */
export function apikeyCommand(): Command {
  const list = serverCommand("list", "list your keys; administrators see all keys", [
    "tailrace apikey list",
    "tailrace apikey list --user deployer",
  ])
    .option("--user <name>", "show only this user's keys")
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
        { drops: ["created", "pool", "role", "enabled"] },
      );
    });
  const create = serverCommand("create", "create a key and show it once", [
    "tailrace apikey create",
    "tailrace apikey create --user deployer",
    "tailrace apikey create --user agent --role agent --pool default",
  ])
    .option("--user <name>", "the key's owner (default: you)")
    .addOption(
      new Option("--role <role>", "user: the owner's roles; admin: everything; agent: register agents")
        .choices(["user", "admin", "agent"])
        .default("user"),
    )
    .option("--pool <name>", "the pool of an agent's key (--role agent)")
    .action(async ({ user, role, pool, ...flags }: CreateFlags) => {
      const created = await connect(flags).identity.createApiKey({
        role,
        ...(user === undefined ? {} : { user }),
        ...(pool === undefined ? {} : { pool }),
      });
      if (flags.json) return printJson(created);
      // Only the key goes to stdout, so that a program can read it.
      tell(`The key of ${created.user} (${created.id}), shown this once:`);
      print(created.key);
    });
  const remove = serverCommand("delete", "delete a key and close its open streams", [
    "tailrace apikey delete 6b04912e0000abcdef000001",
  ])
    .argument(...ID)
    .option("--with-agents", "also revoke the agents that were registered with it")
    .action(async (id: string, { withAgents = false, ...flags }: CommonFlags & { withAgents?: boolean }) => {
      await connect(flags).identity.deleteApiKey(id, { with_agents: withAgents });
      if (flags.json) printJson({ id, deleted: true, with_agents: withAgents });
      else
        print(
          `${id} is deleted${withAgents ? ", and the agents that were registered with it are revoked" : ""}`,
        );
    });
  return groupCommand("apikey", "manage the API keys of users, programs and agents", [
    "tailrace apikey list",
    "tailrace apikey create --user deployer",
  ])
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
  const description = enabled ? "enable a disabled key" : "disable a key and close its open streams";
  return serverCommand(verb, description, [`tailrace apikey ${verb} 6b04912e0000abcdef000001`])
    .argument(...ID)
    .action(async (id: string, flags: CommonFlags) => {
      const key = await connect(flags).identity.enableApiKey(id, enabled);
      if (flags.json) printJson(key);
      else print(`${id} is ${verb}d`);
    });
}
