import { pause } from "../../../protocol/base/backoff.ts";
import { ERRORS, TailraceError } from "../../../protocol/base/errors.ts";
import { FIRST_PART_CHARS } from "../../../protocol/base/reader-limits.ts";
import { cutEnd, encodeEvent, lastSeq } from "../../../protocol/wire/line.ts";
import type { ControlEvent, EndEvent } from "../../../protocol/wire/record.ts";
import { readGrant } from "../../sockets/grant.ts";
import { hearingOf } from "../../sockets/hearing.ts";
import { DROPPED_CODE, isProducer } from "../../sockets/tags.ts";
import type { FollowOptions } from "./follow-options.ts";
import type { FollowedLog } from "./followed-log.ts";
import {
  creditOf,
  type FollowerState,
  grantedTo,
  isDue,
  newFollower,
  sentTo,
  silentFrom_ms,
  woken,
} from "./follower.ts";
import { Gather } from "./gather.ts";
import { send, sendLines } from "./send.ts";

interface Follower extends FollowerState {
  socket: WebSocket;
}

/**
 * The followers of one log: sockets with a cursor and a credit. A live follower (its cursor is the end of the log) gets
 * each new batch. A follower that is behind gets pages as its credit allows, and is live once it has caught up. A live
 * follower that runs out of credit is behind again: the output that it does not read waits only in the log.
 */
export class Followers {
  readonly #ctx: DurableObjectState;
  readonly #log: FollowedLog;
  /** The record that ends every follower, once the execution has completed. */
  #end: EndEvent | undefined;
  readonly #followers = new Map<WebSocket, Follower>();
  /** Followers that have only the first part of their replay. */
  readonly #beginning = new Set<WebSocket>();
  readonly #gather: Gather;

  constructor(ctx: DurableObjectState, log: FollowedLog, end: EndEvent | undefined) {
    this.#ctx = ctx;
    this.#log = log;
    this.#end = end;
    this.#gather = new Gather(
      (work) => ctx.waitUntil(work),
      (lines) => this.#pushToLive(lines),
    );
    for (const socket of ctx.getWebSockets()) if (!isProducer(ctx, socket)) this.#restore(socket);
  }

  get count(): number {
    return this.#followers.size;
  }

  /** Adds a socket: sends the first event, if there is one, with the last sequence number; then replays the log. */
  add(socket: WebSocket, options: FollowOptions, first: ControlEvent | undefined, tags: string[] = []): void {
    this.#ctx.acceptWebSocket(socket, tags);
    const follower: Follower = { ...newFollower(options, Date.now()), socket };
    this.#followers.set(socket, follower);
    const { last_seq } = this.#log;
    if (first) socket.send(encodeEvent({ ...first, last_seq }));
    this.#begin(follower);
  }

  remove(socket: WebSocket): void {
    this.#followers.delete(socket);
    this.#beginning.delete(socket);
  }

  /** When the first follower that pings would count as silent; null if none pings. */
  get silence_ms(): number | null {
    const now_ms = Date.now();
    let first_ms: number | null = null;
    for (const follower of this.#followers.values()) {
      const silent_ms = this.#silent_ms(follower, now_ms);
      if (silent_ms !== undefined) first_ms = Math.min(silent_ms, first_ms ?? silent_ms);
    }
    return first_ms;
  }

  /** Closes followers whose pings are missing: a network may keep a dead socket open for hours. */
  tend(now_ms: number): void {
    for (const follower of this.#followers.values()) {
      if (now_ms < (this.#silent_ms(follower, now_ms) ?? Number.POSITIVE_INFINITY)) continue;
      follower.socket.close(1001, "silent");
      this.remove(follower.socket);
    }
  }

  #silent_ms(follower: Follower, now_ms: number): number | undefined {
    const { socket, ping_ms } = follower;
    if (ping_ms === undefined) return undefined;
    const pinged_ms = this.#ctx.getWebSocketAutoResponseTimestamp(socket)?.getTime() ?? 0;
    const hearing = hearingOf(follower, pinged_ms, now_ms);
    if (hearing !== follower) {
      Object.assign(follower, hearing);
      this.#remember(follower);
    }
    return silentFrom_ms(hearing, pinged_ms, ping_ms);
  }

  /** A batch has been stored: it goes to the live followers. */
  push(body: string): void {
    if (this.#followers.size > 0) this.#gather.add(body);
  }

  /** Sends a control record to every follower. */
  announce(event: ControlEvent): void {
    this.#gather.flush();
    const line = encodeEvent(event);
    for (const { socket } of this.#followers.values()) send(socket, line);
  }

  /** The execution has completed: ends the followers that have the whole log. The others end once they have caught up. */
  end(event: EndEvent): void {
    this.#end = event;
    this.#gather.flush();
    for (const follower of this.#followers.values()) if (follower.live) this.#finish(follower);
  }

  /** The output cannot be read any more: sends every follower the error, and closes it. */
  dismiss(error: TailraceError): void {
    this.#end = undefined;
    for (const socket of this.#followers.keys()) this.#refuse(socket, error, 1000);
  }

  /** A credential is void: sends its followers the error, and closes them. */
  drop(credential: string): void {
    const error = new TailraceError("unauthorized", "Unauthorized - The credential is void.");
    for (const socket of this.#ctx.getWebSockets(credential)) this.#refuse(socket, error, DROPPED_CODE);
  }

  #refuse(socket: WebSocket, error: TailraceError, close_code: number): void {
    const { faultstring, code } = error.toBody();
    send(socket, encodeEvent({ event: "error", code, faultstring }));
    socket.close(close_code, code);
    this.remove(socket);
  }

  /** A message of a follower: only a grant of credit is allowed. */
  receive(socket: WebSocket, message: string | ArrayBuffer): void {
    const follower = this.#followers.get(socket);
    if (!follower) return;
    const granted = readGrant(message);
    if (granted === undefined) {
      const { text } = ERRORS.invalid;
      send(socket, encodeEvent({ event: "error", code: "invalid", faultstring: text }));
      socket.close(1008, 'A follower sends {"credit": characters} only.');
      this.remove(socket);
      return;
    }
    grantedTo(follower, granted);
    if (follower.live) return;
    if (isDue(follower, this.#followers.size)) this.#catchUp(follower);
    else this.#remember(follower);
  }

  /** Sends a small first part, and the rest once the engine has written that: the reader has the first lines early. */
  #begin(follower: Follower): void {
    this.#gather.flush();
    const page = this.#log.pageAfter(follower.cursor, FIRST_PART_CHARS);
    if (page === undefined || page.lines.length <= FIRST_PART_CHARS) {
      this.#catchUp(follower);
      return;
    }
    const part = page.lines.slice(0, cutEnd(page.lines, 0, FIRST_PART_CHARS));
    sendLines(follower.socket, part);
    sentTo(follower, part.length, lastSeq(part));
    this.#remember(follower);
    this.#beginning.add(follower.socket);
    // The object stays awake until then: no grant would make it continue.
    const written = pause(0).then(() => {
      if (this.#beginning.has(follower.socket)) this.#catchUp(follower);
    });
    this.#ctx.waitUntil(written);
  }

  /**
   * Sends pages until the credit is used up or the end of the log is reached. Nothing is awaited between the last page and
   * the change to live, so no batch is missed.
   */
  #catchUp(follower: Follower): void {
    // Gathered lines are in the log already: live followers get them now, and this follower reads them from the log.
    this.#gather.flush();
    this.#beginning.delete(follower.socket);
    const count = this.#followers.size;
    for (let credit = creditOf(follower, count); credit > 0; credit = creditOf(follower, count)) {
      const page = this.#log.pageAfter(follower.cursor, credit);
      if (page === undefined) {
        follower.live = true;
        break;
      }
      sendLines(follower.socket, page.lines);
      sentTo(follower, page.lines.length, page.last_seq);
    }
    this.#remember(follower);
    if (follower.live) this.#finish(follower);
    else this.#askForCredit(follower);
  }

  #askForCredit({ socket }: Follower): void {
    const { last_seq } = this.#log;
    send(socket, encodeEvent({ event: "credit", last_seq }));
  }

  /** Ends a follower that has caught up, if the execution has completed or the follower wants only the stored output. */
  #finish(follower: Follower): void {
    const { last_seq } = this.#log;
    const end = this.#end ?? (follower.follow ? undefined : { event: "up_to_date", last_seq });
    if (end === undefined) return;
    send(follower.socket, encodeEvent(end));
    follower.socket.close(1000, end.event);
    this.remove(follower.socket);
  }

  #pushToLive(body: string): void {
    const { last_seq } = this.#log;
    const count = this.#followers.size;
    for (const follower of this.#followers.values()) {
      if (!follower.live) continue;
      if (creditOf(follower, count) > 0) {
        sendLines(follower.socket, body);
        sentTo(follower, body.length, last_seq);
      } else {
        follower.live = false;
        this.#remember(follower);
        this.#askForCredit(follower);
      }
    }
  }

  #remember({ socket, ...state }: Follower): void {
    socket.serializeAttachment(state satisfies FollowerState);
  }

  #restore(socket: WebSocket): void {
    const kept: FollowerState = socket.deserializeAttachment();
    this.#followers.set(socket, { ...woken(kept, this.#log.last_seq), socket });
  }
}
