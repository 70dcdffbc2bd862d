import { type Labels, labelsText } from "../../../protocol/model/label.ts";
import type { Needs } from "../../objects/pool.ts";
import type { Agent } from "./agent.ts";
import { hasLabels, hasPack, takesWork } from "./kind.ts";

/** What the agents of a pool lack for an execution, as one of a few words and as a text for its user. */
export interface Lack {
  kind: "no_agent" | "old_release" | "no_pack" | "no_label" | "no_runner" | "not_taking" | "busy";
  text: string;
}

/** Why no agent takes an execution now: what the pool lacks, or that all suitable agents are busy; undefined if one is free. */
export function agentsLack(
  pool: string,
  agents: readonly Agent[],
  needs: Needs,
  busyOf: (agentId: string) => number,
  unable: ReadonlyMap<string, string>,
): Lack | undefined {
  const lack = (kind: Lack["kind"], text: string): Lack => ({ kind, text });
  if (agents.length === 0) return lack("no_agent", `pool ${pool} has no agent connected`);
  const present = agents.filter(takesWork);
  if (present.length === 0)
    return lack("old_release", `every agent in pool ${pool} is of an older release, and takes no new work`);
  const { pack, labels, runner } = needs;
  const with_pack = present.filter((agent) => hasPack(agent, pack));
  if (with_pack.length === 0) return lack("no_pack", `no agent in pool ${pool} has pack ${pack}`);
  const such = pack === "" ? "" : ` that has pack ${pack}`;
  const with_labels = with_pack.filter((agent) => hasLabels(agent, labels));
  if (with_labels.length === 0)
    return lack("no_label", `no agent in pool ${pool}${such} has ${missingText(with_pack, labels)}`);
  const with_runner = with_labels.filter(({ runners }) => runners.includes(runner));
  if (with_runner.length === 0)
    return lack("no_runner", `no agent in pool ${pool}${such}${withText(labels)} runs ${runner}`);
  const able = with_runner.filter(({ agent_id }) => !unable.has(agent_id));
  if (able.length === 0) return lack("not_taking", unableText(pool, with_runner, unable));
  const slots = sum(able.map((agent) => agent.slots));
  const busy = sum(able.map((agent) => Math.min(agent.slots, busyOf(agent.agent_id))));
  if (busy < slots) return undefined;
  const which =
    Object.keys(labels).length > 0
      ? withText(labels)
      : pack === ""
        ? ` in pool ${pool}`
        : ` with pack ${pack}`;
  return lack("busy", `every agent${which} is busy (${busy} of ${slots} slots)`);
}

/** Why the suitable agents take no new work, with the reason that one of them gave. */
function unableText(pool: string, agents: readonly Agent[], unable: ReadonlyMap<string, string>): string {
  const [first] = agents;
  const example = first && `agent ${first.name}: ${unable.get(first.agent_id)}`;
  return `every agent in pool ${pool} that could take it takes no new work (${example})`;
}

/** The labels that no agent has; or all labels, if each agent has some of them. */
function missingText(agents: readonly Agent[], labels: Labels): string {
  const missing = Object.entries(labels).filter(([name, value]) =>
    agents.every((agent) => agent.labels[name] !== value),
  );
  if (missing.length === 0) return `all of the labels ${labelsText(labels)}`;
  return `${missing.length === 1 ? "label" : "labels"} ${labelsText(Object.fromEntries(missing))}`;
}

function withText(labels: Labels): string {
  return Object.keys(labels).length === 0 ? "" : ` with ${labelsText(labels)}`;
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
