import type { Command } from "commander";
import type { KnownAgent } from "../../protocol/wire/agent-state.ts";
import { skewText } from "../../protocol/wire/clock.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** `tailrace agent list`: the registered agents, connected or not. */
export function agentListCommand(): Command {
  return serverCommand("list", "list the registered agents and their state", [
    "tailrace agent list",
    "tailrace agent list --pool gpu --json",
  ])
    .option("--pool <name>", "show only this pool")
    .action(async ({ pool, ...flags }: CommonFlags & { pool?: string }) => {
      const agents = await connect(flags).identity.agents(pool);
      if (flags.json) return printJson(agents);
      printTable(
        ["id", "name", "pool", "version", "slots", "labels", "packs", "clock", "last seen"],
        agents.map(row),
      );
    });
}

/** `tailrace agent revoke`: revokes an agent's identity. */
export function agentRevokeCommand(): Command {
  return serverCommand(
    "revoke",
    "revoke an agent: it cannot connect again, and its executions are abandoned",
    ["tailrace agent revoke 6b04912e0000abcdef000001"],
  )
    .argument("<id>", "an agent's id, as `tailrace agent list` shows it")
    .action(async (id: string, flags: CommonFlags) => {
      await connect(flags).identity.revokeAgent(id);
      if (flags.json) return printJson({ id, revoked: true });
      print(
        `${id} is revoked. A host with the pool's key can register again. To prevent that: tailrace apikey delete KEY`,
      );
    });
}

function row(agent: KnownAgent) {
  const { id, name, pool, version, connected, slots, busy, labels, packs } = agent;
  const { clock_skew_ms, unable, last_seen } = agent;
  return [
    id,
    name,
    pool,
    version,
    connected ? `${busy} of ${slots}` : "",
    Object.entries(labels)
      .map(([label, value]) => `${label}=${value}`)
      .join("\n"),
    packs.map((pack) => `${pack.ref} ${pack.version}`.trimEnd()).join("\n"),
    connected && clock_skew_ms !== undefined ? skewText(clock_skew_ms) : "",
    connected ? (unable ?? "connected") : (last_seen ?? "never"),
  ];
}
