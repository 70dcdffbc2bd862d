/** Lines from one to another, by their numbers, both included. */
export interface LineRange {
  from: number;
  to: number;
}

/** The part of an address after `#`: `L120`, `L120-L140`, or the chunk `S7`. */
export function readHash(hash: string): { range?: LineRange; seq?: number } {
  const lines = /^#L(\d{1,15})(?:-L?(\d{1,15}))?$/.exec(hash);
  if (lines) return { range: ordered(Number(lines[1]), Number(lines[2] ?? lines[1])) };
  const chunk = /^#S(\d{1,15})$/.exec(hash);
  return chunk ? { seq: Number(chunk[1]) } : {};
}

/** The page's address with a hash. A signed link in it is not passed on; the part that is shown, how it is shown and what is folded are. */
export function sharedAddress(hash: string): string {
  const query = new URLSearchParams(location.search);
  query.delete("link");
  return `${location.pathname}${query.size === 0 ? "" : `?${query}`}${hash}`;
}

export function hashOf({ from, to }: LineRange): string {
  return from === to ? `#L${from}` : `#L${from}-L${to}`;
}

export function ordered(one: number, other: number): LineRange {
  return { from: Math.max(1, Math.min(one, other)), to: Math.max(1, one, other) };
}
