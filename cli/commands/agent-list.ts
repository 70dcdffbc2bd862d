import type { Command } from "commander";
import type { KnownAgent } from "../../protocol/wire/agent-state.ts";
import { skewText } from "../../protocol/wire/clock.ts";
import { connect } from "../settings/connect.ts";
import { print, printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
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
        {
          wraps: ["labels", "packs", "last seen"],
          drops: ["clock", "version", "packs", "labels", "slots", "pool", "name"],
        },
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

/** `tailrace agent drain`: takes an agent out of work, and keeps what it runs. */
export function agentDrainCommand(): Command {
  return serverCommand("drain", "give an agent no new work; what it runs goes on", [
    "tailrace agent drain 6b04912e0000abcdef000001",
  ])
    .argument("<id>", "an agent's id, as `tailrace agent list` shows it")
    .action(async (id: string, flags: CommonFlags) => {
      const agent = await connect(flags).identity.drainAgent(id);
      if (flags.json) return printJson(agent);
      const { name, busy } = agent;
      const runs =
        busy === 0 ? "It runs nothing" : `It still runs ${busy} ${busy === 1 ? "execution" : "executions"}`;
      print(`${name} gets no new work. ${runs}. To give it work again: tailrace agent resume ${id}`);
    });
}

/** `tailrace agent resume`: ends a drain. */
export function agentResumeCommand(): Command {
  return serverCommand("resume", "give a drained agent work again", [
    "tailrace agent resume 6b04912e0000abcdef000001",
  ])
    .argument("<id>", "an agent's id, as `tailrace agent list` shows it")
    .action(async (id: string, flags: CommonFlags) => {
      const agent = await connect(flags).identity.resumeAgent(id);
      if (flags.json) return printJson(agent);
      const { name, connected, unable } = agent;
      if (!connected) print(`${name} gets work again once it is connected`);
      else if (unable === undefined) print(`${name} gets work again`);
      else print(`${name} is no longer drained, and takes no new work yet: ${unable}`);
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
    [connected ? (unable ?? "connected") : (last_seen ?? "never"), ...drainText(agent)].join("\n"),
  ];
}

function drainText({ drained }: KnownAgent): string[] {
  return drained === undefined ? [] : [`drained by ${drained.by} at ${drained.since}`];
}
