import type { Command } from "commander";
import type { KnownAgent } from "../../protocol/wire/agent-state.ts";
import { skewText } from "../../protocol/wire/clock.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson, printTable } from "../terminal/print.ts";
import { type CommonFlags, serverCommand } from "./options.ts";

/** `tailrace agent list`: the agents that have an identity, connected or not. */
export function agentListCommand(): Command {
  return serverCommand("list", "the agents that are registered, and how they stand", [
    "tailrace agent list",
    "tailrace agent list --pool gpu --json",
  ])
    .option("--pool <name>", "only of this pool")
    .action(async ({ pool, ...flags }: CommonFlags & { pool?: string }) => {
      const agents = await connect(flags).identity.agents(pool);
      if (flags.json) return printJson(agents);
      printTable(
        ["id", "name", "pool", "version", "slots", "labels", "packs", "clock", "last seen"],
        agents.map(row),
      );
    });
}

/** `tailrace agent revoke`: ends an agent for good. */
export function agentRevokeCommand(): Command {
  return serverCommand("revoke", "end an agent: it comes in no more, and what it runs is abandoned", [
    "tailrace agent revoke 6b04912e0000abcdef000001",
  ])
    .argument("<id>", "an agent's id, as `tailrace agent list` shows it")
    .action(async (id: string, flags: CommonFlags) => {
      await connect(flags).identity.revokeAgent(id);
      if (flags.json) return printJson({ id, revoked: true });
      print(`${id} is revoked. A host that has the pool's key can register anew: tailrace apikey delete KEY`);
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
