/**
 * The version of what agents, clients and the server speak, and the oldest that this release still understands: the one of
 * the release before. Version 1 is what was spoken before a version was said; only an agent's hello has a rule for it.
 */
export const PROTOCOL_VERSION = 3;
export const PROTOCOL_VERSION_MIN = 2;

/** From this version on an agent starts a program only once its pool has confirmed the lease; before, as soon as it got it. */
export const CONFIRMED_SINCE = 3;

/** The header in which a client says which versions it speaks, and a server which it understands: `2`, or `2-3`. */
export const PROTOCOL_HEADER = "tailrace-protocol";

/** Versions that one side speaks, both ends included. */
export interface ProtocolRange {
  min: number;
  max: number;
}

export const PROTOCOL_RANGE: ProtocolRange = { min: PROTOCOL_VERSION_MIN, max: PROTOCOL_VERSION };

/** What came of comparing two ranges: the newest version that both speak, or what is wrong with the other side's. */
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

/** A range as the header has it; undefined where it is none. */
export function readRange(text: string): ProtocolRange | undefined {
  const [, first, last = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(text.trim()) ?? [];
  if (first === undefined) return undefined;
  const range = { min: Number(first), max: Number(last) };
  return range.min <= range.max ? range : undefined;
}
