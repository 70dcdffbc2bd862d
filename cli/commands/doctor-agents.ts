import type { Client } from "../../protocol/client/client.ts";
import { AGENT_RUNNERS } from "../../protocol/model/action.ts";
import type { AgentState, KnownAgent } from "../../protocol/wire/agent-state.ts";
import { CLOCK_SKEW_MS_MAX } from "../../protocol/wire/clock.ts";
import { PROTOCOL_VERSION } from "../../protocol/wire/version.ts";
import { clockFinding } from "./doctor-server.ts";
import { type Finding, whyText } from "./finding.ts";

/** The agents of a pool: whether there are any, and what is wrong with each. */
export async function checkAgents(client: Client, pool: string): Promise<Finding[]> {
  let agents: AgentState[];
  try {
    agents = await client.agents(pool);
  } catch (error) {
    return [{ check: "pool", ok: false, text: whyText(error), advice: "Use an admin's key." }];
  }
  if (agents.length === 0) return [await noAgent(client, pool)];
  const names = agents.map(
    ({ name, busy, slots, version }) => `${name} (${version}, ${busy} of ${slots} slots busy)`,
  );
  const clocks = agents.flatMap(({ name, clock_skew_ms: skew_ms = 0 }) =>
    Math.abs(skew_ms) > CLOCK_SKEW_MS_MAX ? [clockFinding(`the agent ${name}`, skew_ms)] : [],
  );
  return [
    { check: "pool", ok: true, text: `agents: ${names.join(", ")}` },
    ...clocks,
    ...agents.flatMap(unableFinding),
    ...agents.flatMap(oldFinding),
    ...slotsFinding(agents, pool),
    ...packFindings(agents),
    runnersFinding(agents),
  ];
}

/** A pool without an agent: none has registered, or all are away. */
async function noAgent(client: Client, pool: string): Promise<Finding> {
  const advice = "`tailrace start` runs one here; on another host: `tailrace agent --url URL`.";
  const [away] = await client.identity.agents(pool).catch((): KnownAgent[] => []);
  const text = `the pool "${pool}" has no agent`;
  if (away === undefined) return { check: "pool", ok: false, text, advice };
  return {
    check: "pool",
    ok: false,
    text: `${text} that is connected: ${away.name} was last seen ${away.last_seen ?? "never"}`,
    advice: `Start it again, and read its log. ${advice}`,
  };
}

/** The reason why an agent takes no new work; its text ends with the remedy. */
function unableFinding({ name, unable }: AgentState): Finding[] {
  return unable === undefined
    ? []
    : [{ check: "agent", ok: false, text: `${name} takes no new work: ${unable}` }];
}

/** An agent that speaks an older version gets what that version can do. */
function oldFinding({ name, version, protocol }: AgentState): Finding[] {
  if (protocol >= PROTOCOL_VERSION) return [];
  const text = `${name} (${version}) speaks version ${protocol} of the protocol, and the server ${PROTOCOL_VERSION}`;
  return [{ check: "upgrade", ok: false, text, advice: "Upgrade the agent: the next server may refuse it." }];
}

function slotsFinding(agents: AgentState[], pool: string): Finding[] {
  const able = agents.filter(({ unable }) => unable === undefined);
  if (able.length === 0 || able.some(({ busy, slots }) => busy < slots)) return [];
  const advice = "Wait for a run to end, start another agent, or give one more slots (--slots N).";
  return [
    { check: "slots", ok: false, text: `all slots of the pool "${pool}" are busy: new runs wait`, advice },
  ];
}

/** Agents of a pool should have the same packs: a run may go to any of them. */
function packFindings(all: AgentState[]): Finding[] {
  const agents = all.toSorted((one, other) => one.name.localeCompare(other.name));
  const refs = [...new Set(agents.flatMap(({ packs }) => packs.map(({ ref }) => ref)))];
  return refs.flatMap((ref) => {
    const withPack = agents.filter(({ packs }) => packs.some((pack) => pack.ref === ref));
    const without = agents.filter((agent) => !withPack.includes(agent)).map(({ name }) => name);
    if (without.length > 0)
      return [
        packFinding(
          `${without.join(", ")} has no pack ${ref}, which ${withPack[0]?.name} has: only some agents run its actions`,
        ),
      ];
    const digests = new Set(withPack.map(({ packs }) => packs.find((pack) => pack.ref === ref)?.digest));
    if (digests.size === 1) return [];
    return [
      packFinding(
        `the agents ${withPack.map(({ name }) => name).join(", ")} have different files of the pack ${ref}`,
      ),
    ];
  });
}

function packFinding(text: string): Finding {
  return {
    check: "packs",
    ok: false,
    text,
    advice: "Give each agent of a pool the same packs (--packs DIR), and start it again.",
  };
}

function runnersFinding(agents: AgentState[]): Finding {
  const missing = AGENT_RUNNERS.filter((runner) => !agents.some(({ runners }) => runners.includes(runner)));
  return missing.length === 0
    ? { check: "runners", ok: true, text: `runners: ${AGENT_RUNNERS.join(", ")}` }
    : {
        check: "runners",
        ok: false,
        text: `no agent has ${missing.join(", ")}`,
        advice: "Upgrade the agents.",
      };
}
