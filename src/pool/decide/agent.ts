import type { Labels } from "../../../protocol/model/label.ts";
import type { AnnouncedPack } from "../../../protocol/wire/agent.ts";
import { CONFIRMED_SINCE } from "../../../protocol/wire/version.ts";

/** An agent as its last hello describes it. */
export interface Agent {
  agent_id: string;
  name: string;
  version: string;
  /** The protocol version that is spoken with it; null for an agent from before there were versions. */
  protocol: number | null;
  slots: number;
  runners: string[];
  labels: Labels;
  packs: AnnouncedPack[];
  /** Only of agents that measure it. */
  clock_skew_ms?: number;
}

/** Whether an agent starts a program as soon as it gets the lease: it is from before version 3, or unknown. */
export function startsEarly(agent: Agent | undefined): boolean {
  return (agent?.protocol ?? 0) < CONFIRMED_SINCE;
}
