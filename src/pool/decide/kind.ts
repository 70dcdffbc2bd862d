import type { Labels } from "../../../protocol/model/label.ts";
import type { Needs } from "../../objects/pool.ts";
import type { Agent } from "./agent.ts";

/** The kind of an execution. The same agents can run all executions of one kind. */
export function kindOf({ runner, pack, labels }: Needs): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([runner, pack, sorted]);
}

/** What executions of a kind need. */
export function needsOf(kind: string): Needs {
  const [runner, pack, labels]: [string, string, [string, string][]] = JSON.parse(kind);
  return { runner, pack, labels: Object.fromEntries(labels) };
}

/** Whether an agent has all that is needed. An agent of the first release gets nothing new. */
export function canRun(agent: Agent, { runner, pack, labels }: Needs): boolean {
  return (
    takesWork(agent) && hasPack(agent, pack) && hasLabels(agent, labels) && agent.runners.includes(runner)
  );
}

export function takesWork({ protocol }: Agent): boolean {
  return protocol !== null;
}

export function hasPack({ packs }: Agent, pack: string): boolean {
  return pack === "" || packs.some(({ ref }) => ref === pack);
}

export function hasLabels({ labels }: Agent, wanted: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value);
}
