import { pause } from "../../../protocol/base/backoff.ts";
import { FIRST_PART_CHARS } from "../../../protocol/base/reader-limits.ts";
import { cutEnd, encodeEvent, lastSeq } from "../../../protocol/wire/line.ts";
import type { Page } from "../../objects/log.ts";
import { AGAIN } from "../../sockets/shared.ts";
import { type Follower, remember } from "./connected.ts";
import type { FollowedLog } from "./followed-log.ts";
import { creditOf, sentTo } from "./follower.ts";
import { send, sendLines } from "./send.ts";

/** The followers of an object, as their pages need them. */
export interface Followed {
  ctx: DurableObjectState;
  log: FollowedLog;
  followers: ReadonlyMap<WebSocket, Follower>;
  /** Sends live followers what has been gathered for them. */
  flush(): void;
  /** A follower has caught up. */
  caughtUp(follower: Follower): void;
  remove(socket: WebSocket): void;
}

/** Serves the followers that are behind: pages of the log, as their credit allows, until they are live. */
export class CatchUp {
  readonly #followed: Followed;
  /** Followers that have only the first part of their replay. */
  readonly #beginning = new Set<WebSocket>();
  /** Followers that are further than the part of the log that is held here: the next lines may be theirs. */
  readonly #ahead = new Set<Follower>();

  constructor(followed: Followed) {
    this.#followed = followed;
  }

  /** Sends a small first part, and the rest once the engine has written that: the reader has the first lines early. */
  begin(follower: Follower): void {
    const { ctx, log, flush } = this.#followed;
    flush();
    const page = log.pageAfter(follower.cursor, FIRST_PART_CHARS);
    if (page === undefined || page instanceof Promise || page.lines.length <= FIRST_PART_CHARS) {
      this.serve(follower);
      return;
    }
    const part = page.lines.slice(0, cutEnd(page.lines, 0, FIRST_PART_CHARS));
    sendLines(follower.socket, part);
    sentTo(follower, part.length, lastSeq(part));
    remember(follower);
    this.#beginning.add(follower.socket);
    // The object stays awake until then: no grant would make it continue.
    const written = pause(0).then(() => {
      if (this.#beginning.has(follower.socket)) this.serve(follower);
    });
    ctx.waitUntil(written);
  }

  /**
   * Sends pages until the credit is used up or the end of the log is reached. Nothing is awaited between the last page and
   * the change to live, so no batch is missed.
   */
  serve(follower: Follower): void {
    const { log, followers, flush, caughtUp } = this.#followed;
    // Gathered lines are in the log already: live followers get them now, and this follower reads them from the log.
    flush();
    this.#beginning.delete(follower.socket);
    const count = followers.size;
    for (let credit = creditOf(follower, count); credit > 0; credit = creditOf(follower, count)) {
      const page = log.pageAfter(follower.cursor, credit);
      if (page === undefined) {
        if (follower.cursor > log.last_seq) this.#ahead.add(follower);
        else follower.live = true;
        break;
      }
      if (page instanceof Promise) {
        this.#await(follower, page);
        return;
      }
      sendLines(follower.socket, page.lines);
      sentTo(follower, page.lines.length, page.last_seq);
    }
    remember(follower);
    if (follower.live) caughtUp(follower);
    else if (!this.#ahead.has(follower)) askForCredit(follower, log);
  }

  /** A follower lacks the lines after a sequence number: it gets them from the log, as one that is behind. */
  serveAgain(follower: Follower, after: number): void {
    follower.cursor = Math.min(follower.cursor, after);
    follower.live = false;
    this.#ahead.delete(follower);
    send(follower.socket, AGAIN);
    if (!follower.awaits_page) this.serve(follower);
  }

  /** The log has grown: followers that were ahead of it may get lines. */
  serveAhead(): void {
    if (this.#ahead.size === 0) return;
    const ahead = [...this.#ahead];
    this.#ahead.clear();
    for (const follower of ahead) this.serve(follower);
  }

  /** A follower has woken up with its object. */
  restore(follower: Follower): void {
    if (!follower.live && follower.cursor > this.#followed.log.last_seq) this.#ahead.add(follower);
  }

  remove(follower: Follower): void {
    this.#beginning.delete(follower.socket);
    this.#ahead.delete(follower);
  }

  /** Continues with a page that comes later. If it does not come, the follower is cut off, and its reader resumes. */
  #await(follower: Follower, page: Promise<Page>): void {
    const { ctx, followers, remove } = this.#followed;
    const { socket, cursor } = follower;
    follower.awaits_page = true;
    remember(follower);
    const arrived = page.then(
      ({ lines, last_seq }) => {
        follower.awaits_page = false;
        if (followers.get(socket) !== follower) return;
        // It may have asked for earlier lines since.
        if (follower.cursor === cursor) {
          sendLines(socket, lines);
          sentTo(follower, lines.length, last_seq);
        }
        this.serve(follower);
      },
      () => {
        socket.close(1012, "the log does not answer");
        remove(socket);
      },
    );
    ctx.waitUntil(arrived);
  }
}

/** Tells a follower that it has used up its credit. */
export function askForCredit({ socket }: Follower, { last_seq }: FollowedLog): void {
  send(socket, encodeEvent({ event: "credit", last_seq }));
}
