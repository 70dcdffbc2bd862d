import { ERRORS, TailraceError } from "../../../protocol/base/errors.ts";
import { SILENCE_CHECK_MS, SILENCE_LOOK_MS_MIN } from "../../../protocol/base/reader-limits.ts";
import { encodeEvent } from "../../../protocol/wire/line.ts";
import type { ControlEvent, EndEvent } from "../../../protocol/wire/record.ts";
import { noteFollowers } from "../../base/isolate.ts";
import { readGrant, readMissed } from "../../sockets/grant.ts";
import { DROPPED_CODE, isProducer } from "../../sockets/tags.ts";
import { askForCredit, CatchUp } from "./catch-up.ts";
import { type Follower, recall, remember } from "./connected.ts";
import type { FollowOptions } from "./follow-options.ts";
import type { FollowedLog } from "./followed-log.ts";
import { creditOf, grantedTo, isDue, newFollower, sentTo } from "./follower.ts";
import { Gather } from "./gather.ts";
import { send } from "./send.ts";
import { SharedPush } from "./shared-push.ts";
import { type Silence, silences } from "./silences.ts";

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
  readonly #catchUp: CatchUp;
  readonly #gather: Gather;
  /** The name of this object's time in memory, and its pushes so far: together, a push's id. */
  readonly #name = crypto.randomUUID();
  #pushes = 0;
  /** When it has looked for silent followers. */
  #looked_ms = Number.NEGATIVE_INFINITY;

  constructor(ctx: DurableObjectState, log: FollowedLog, end: EndEvent | undefined) {
    this.#ctx = ctx;
    this.#log = log;
    this.#end = end;
    this.#gather = new Gather(
      (work) => ctx.waitUntil(work),
      (lines) => this.#pushToLive(lines),
    );
    this.#catchUp = new CatchUp({
      ctx,
      log,
      followers: this.#followers,
      flush: () => this.#gather.flush(),
      caughtUp: (follower) => this.#finish(follower),
      remove: (socket) => this.remove(socket),
    });
    for (const socket of ctx.getWebSockets()) if (!isProducer(ctx, socket)) this.#restore(socket);
    this.#note();
  }

  get count(): number {
    return this.#followers.size;
  }

  /** Adds a socket: sends the first event, if there is one, with the last sequence number; then replays the log. */
  add(socket: WebSocket, options: FollowOptions, first: ControlEvent | undefined, tags: string[] = []): void {
    this.#ctx.acceptWebSocket(socket, tags);
    const follower: Follower = { ...newFollower(options, Date.now()), socket, referred: false };
    this.#followers.set(socket, follower);
    this.#note();
    const { last_seq } = this.#log;
    if (first) socket.send(encodeEvent({ ...first, last_seq }));
    this.#catchUp.begin(follower);
  }

  remove(socket: WebSocket): void {
    const follower = this.#followers.get(socket);
    this.#followers.delete(socket);
    this.#note();
    if (follower) this.#catchUp.remove(follower);
  }

  #note(): void {
    noteFollowers(this.#ctx.id.toString(), this.count);
  }

  /** Moves the live followers to a sequence number that they have, and keeps it over hibernation. */
  note(last_seq: number): void {
    this.#gather.flush();
    for (const follower of this.#followers.values()) {
      if (!follower.live) continue;
      follower.cursor = last_seq;
      remember(follower);
    }
    this.#catchUp.serveAhead();
  }

  /** When to look for silent followers at the latest; null if none pings. */
  get check_ms(): number | null {
    const now_ms = Date.now();
    const times_ms = [...this.#silences(now_ms)].map(({ silent_ms }) => silent_ms);
    if (times_ms.length === 0) return null;
    return Math.max(
      now_ms + SILENCE_CHECK_MS,
      times_ms.reduce((first, time) => Math.min(first, time)),
    );
  }

  /** Looks for silent followers, unless it has looked a moment ago. */
  look(): void {
    if (performance.now() - this.#looked_ms >= SILENCE_LOOK_MS_MIN) this.tend(Date.now());
  }

  /** Closes followers whose pings are missing: a network may keep a dead socket open for hours. */
  tend(now_ms: number): void {
    this.#looked_ms = performance.now();
    for (const { follower, silent_ms } of this.#silences(now_ms)) {
      if (now_ms < silent_ms) continue;
      follower.socket.close(1001, "silent");
      this.remove(follower.socket);
    }
  }

  #silences(now_ms: number): Iterable<Silence<Follower>> {
    return silences(this.#ctx, this.#followers.values(), now_ms, remember);
  }

  /** A batch has been stored: it goes to the live followers. */
  push(body: string): void {
    if (this.#followers.size === 0) return;
    this.look();
    this.#gather.add(body);
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

  /** A message of a follower: a grant of credit, or a request for what its isolate lacks. */
  receive(socket: WebSocket, message: string | ArrayBuffer): void {
    const follower = this.#followers.get(socket);
    if (!follower) return;
    const missed = follower.isolate === undefined ? undefined : readMissed(message);
    if (missed !== undefined) {
      this.#catchUp.serveAgain(follower, missed);
      return;
    }
    const granted = readGrant(message);
    if (granted === undefined) {
      const { text } = ERRORS.invalid;
      send(socket, encodeEvent({ event: "error", code: "invalid", faultstring: text }));
      socket.close(1008, 'A follower sends {"credit": characters} only.');
      this.remove(socket);
      return;
    }
    grantedTo(follower, granted);
    if (follower.live || follower.awaits_page) return;
    if (isDue(follower, this.#followers.size)) this.#catchUp.serve(follower);
    else remember(follower);
  }

  /** Ends a follower that has caught up, if the execution has completed or the follower wants only the stored output. */
  #finish(follower: Follower): void {
    const { last_seq } = this.#log;
    const end = this.#end ?? (follower.follow ? undefined : { event: "up_to_date", last_seq });
    if (end === undefined) return;
    send(follower.socket, encodeEvent(end));
    if (follower.referred) return;
    follower.socket.close(1000, end.event);
    this.remove(follower.socket);
  }

  #pushToLive(body: string): void {
    const { last_seq } = this.#log;
    const count = this.#followers.size;
    const readers = readersOf(this.#followers.values());
    let push: SharedPush | undefined;
    for (const follower of this.#followers.values()) {
      if (!follower.live) continue;
      if (creditOf(follower, count) > 0) {
        // All live followers have the same cursor.
        push ??= new SharedPush(`${this.#name}.${this.#pushes++}`, body, follower.cursor, readers);
        if (push.sendTo(follower.socket, follower.isolate) === "reference") follower.referred = true;
        sentTo(follower, body.length, last_seq);
      } else {
        follower.live = false;
        remember(follower);
        askForCredit(follower, this.#log);
      }
    }
    this.#catchUp.serveAhead();
  }

  #restore(socket: WebSocket): void {
    const follower = recall(socket, this.#log.last_seq);
    this.#followers.set(socket, follower);
    this.#catchUp.restore(follower);
  }
}

/** How many followers each isolate has, of those that name one. */
function readersOf(followers: Iterable<Follower>): Map<string, number> {
  const readers = new Map<string, number>();
  for (const { isolate } of followers)
    if (isolate !== undefined) readers.set(isolate, (readers.get(isolate) ?? 0) + 1);
  return readers;
}
