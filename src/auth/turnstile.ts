import { Buckets } from "../base/bucket.ts";

/** Passwords that are checked per second, after a first burst: each check blocks the isolate for a fifth of a second. */
const PACE = { per_second: 2, burst: 20 };

/** Attempts that may wait: in all, and of one source at one name. */
const WAITING_MAX = 256;
const WAITING_PER_LANE_MAX = 4;

/**
 * An attempt whose client is gone stops asking. It is removed after the others have each asked this often: a count, because
 * a password check delays all of them. If no others ask, its place is kept for this long.
 */
const MISSED_MAX = 20;
const ABSENT_MS_MAX = 5_000;

/** Sources and lanes whose last turn is remembered; beyond this number the oldest is forgotten. */
const TURNS_MAX = 10_000;

/** An attempt that waits for its turn. */
export interface Ticket {
  /** Its source. */
  readonly source: string;
  /** Attempts of one source at one name share a lane. */
  readonly lane: string;
  /** It comes from a known device of the user, and goes before the others. */
  readonly is_known: boolean;
  /** When it last asked, and how often others have asked since. */
  seen_ms: number;
  missed: number;
}

/**
 * Lets sign-in attempts pass in turn: the sources in turn, and the names of one source in turn. So one source or one name
 * cannot hold up the others. It holds plain data and no promises: an abandoned request stops asking and is passed over.
 */
export class Turnstile {
  #waiting: Ticket[] = [];
  readonly #turns = new Map<string, number>();
  readonly #pace = new Buckets();
  #turn = 0;

  /** Takes a place; undefined if there is none for this source and name. */
  enter(of: Pick<Ticket, "source" | "lane" | "is_known">, now_ms: number): Ticket | undefined {
    this.#waiting = this.#waiting.filter(({ seen_ms }) => now_ms - seen_ms <= ABSENT_MS_MAX);
    const inLane = this.#waiting.filter(({ source, lane }) => source === of.source && lane === of.lane);
    if (inLane.length >= WAITING_PER_LANE_MAX) return undefined;
    if (this.#waiting.length >= WAITING_MAX && !this.#makeRoom(of)) return undefined;
    const ticket = { ...of, seen_ms: now_ms, missed: 0 };
    this.#waiting.push(ticket);
    return ticket;
  }

  /** Whether an attempt may go on now; it then leaves the queue. `gone`: its place was given to another source. */
  ask(ticket: Ticket, now_ms: number): "go" | "wait" | "gone" {
    for (const other of this.#waiting) other.missed++;
    Object.assign(ticket, { seen_ms: now_ms, missed: 0 });
    const missed_max = MISSED_MAX * this.#waiting.length;
    this.#waiting = this.#waiting.filter(({ missed }) => missed <= missed_max);
    if (!this.#waiting.includes(ticket)) return "gone";
    if (this.#next() !== ticket) return "wait";
    if (this.#pace.take("all", PACE, now_ms) > 0) return "wait";
    this.leave(ticket);
    this.#turn++;
    this.#remember(ticket.source);
    this.#remember(laneOf(ticket));
    return "go";
  }

  leave(ticket: Ticket): void {
    this.#waiting = this.#waiting.filter((other) => other !== ticket);
  }

  /**
   * The next attempt: known devices first, then the source with the oldest last turn, then its name with the oldest last
   * turn.
   */
  #next(): Ticket | undefined {
    const rank = (ticket: Ticket): [number, number, number] => [
      ticket.is_known ? 0 : 1,
      this.#turns.get(ticket.source) ?? 0,
      this.#turns.get(laneOf(ticket)) ?? 0,
    ];
    return this.#waiting.reduce<Ticket | undefined>(
      (best, ticket) => (best === undefined || isBefore(rank(ticket), rank(best)) ? ticket : best),
      undefined,
    );
  }

  /** Removes the newest attempt of the source with the most, if that source has more than its share. */
  #makeRoom({ source, is_known }: Pick<Ticket, "source" | "is_known">): boolean {
    const counts = new Map<string, number>();
    for (const ticket of this.#waiting) counts.set(ticket.source, (counts.get(ticket.source) ?? 0) + 1);
    const [greediest = "", most = 0] = [...counts].reduce((a, b) => (b[1] > a[1] ? b : a), ["", 0]);
    if (!is_known && most <= (counts.get(source) ?? 0) + 1) return false;
    const newest = this.#waiting.findLast((ticket) => ticket.source === greediest && !ticket.is_known);
    if (newest) this.leave(newest);
    return newest !== undefined;
  }

  #remember(key: string): void {
    this.#turns.delete(key);
    this.#turns.set(key, this.#turn);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > TURNS_MAX && oldest !== undefined) this.#turns.delete(oldest);
  }
}

/** The key of a lane's turns: a source contains no space. */
function laneOf({ source, lane }: Ticket): string {
  return `${source} ${lane}`;
}

function isBefore(a: [number, number, number], b: [number, number, number]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at !== -1 && (a[at] ?? 0) < (b[at] ?? 0);
}
