import type { RunnerName } from "../model/action.ts";

/**
 * The protocol version of agents, clients and the server, and the oldest one that this release understands: the previous release's.
 * Version 1 is the protocol before versions were sent. Only an agent's hello has a rule for it.
 */
export const PROTOCOL_VERSION = 3;
export const PROTOCOL_VERSION_MIN = 2;

/** From this version on, an agent starts a program only after its pool has confirmed the lease. Before, it started at once. */
export const CONFIRMED_SINCE = 3;

/** The runners that a server of the version before knows. It refuses every other name. */
export const RUNNERS_BEFORE: readonly RunnerName[] = [
  "local-shell-cmd",
  "local-shell-script",
  "remote-shell-cmd",
  "remote-shell-script",
  "python-script",
  "noop",
  "action-chain",
];

/** The header with the versions that a client speaks, or that a server understands: `2`, or `2-3`. */
export const PROTOCOL_HEADER = "tailrace-protocol";

/** The versions that one side speaks, including both ends. */
export interface ProtocolRange {
  min: number;
  max: number;
}

export const PROTOCOL_RANGE: ProtocolRange = { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION };

/** The result of comparing two ranges: the newest common version, or the problem of the other side's range. */
export type Agreement = { kind: "spoken"; version: number } | { kind: "too_old" } | { kind: "too_new" };

/** The newest version that both sides speak. */
export function agree(theirs: ProtocolRange, ours: ProtocolRange = PROTOCOL_RANGE): Agreement {
  if (theirs.max < ours.min) return { kind: "too_old" };
  if (theirs.min > ours.max) return { kind: "too_new" };
  return { kind: "spoken", version: Math.min(theirs.max, ours.max) };
}

export function rangeText({ min, max }: ProtocolRange): string {
  return min === max ? String(max) : `${min}-${max}`;
}

/** The range in a header; undefined for any other text. */
export function readRange(text: string): ProtocolRange | undefined {
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text.trim()) ?? [];
  if (first === undefined) return undefined;
  const range = { min: Number(first), max: Number(last) };
  return range.min <= range.max ? range : undefined;
}
