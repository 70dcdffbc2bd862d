import { DurableObject } from "cloudflare:workers";
import { ERRORS, TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { FOLLOWERS_MAX } from "../../protocol/base/reader-limits.ts";
import type { ControlEvent } from "../../protocol/wire/record.ts";
import { readFollowOptions } from "../execution/log/follow-options.ts";
import { type Attached, type Fed, type Feed, type RelayStub, relayAnswer } from "../objects/relay.ts";
import { countOpen, tagsOf } from "../sockets/tags.ts";
import { openSchema } from "../storage/schema.ts";
import { RelayAlarm } from "./alarm.ts";
import { Relaying } from "./relaying.ts";
import { RELAY_STEPS } from "./schema.ts";
import { Upstream } from "./upstream.ts";

/**
 * An object between an execution and many of its followers. It gets each batch once and passes it on; a follower cannot tell it from the
 * execution. It stores no output. Without followers it forgets all, and costs nothing.
 */
export class Relay extends DurableObject<Env> implements RelayStub {
  readonly #upstream: Upstream;
  #relaying!: Relaying;
  readonly #alarm: RelayAlarm;
  /** Followers that are about to be connected. */
  #coming = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#upstream = new Upstream(env, ctx.id.name ?? "");
    this.#alarm = new RelayAlarm(ctx.storage);
    openSchema(ctx, RELAY_STEPS, () => {
      this.#relaying = new Relaying(ctx, env, this.#upstream.execution_id);
    });
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair("ping", "pong"));
  }

  override async fetch(request: Request): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const { followers, relays } = this.#relaying.readers;
    followers.look();
    const count = followers.count + this.#coming;
    const placed = relays.place(count, { region: this.#upstream.region, is_distant: false, is_far: false });
    if (placed.kind === "relay") return relayAnswer(placed.name);
    if (count >= FOLLOWERS_MAX) return new Response(null, { status: 429 });
    const attached = await this.#attach();
    if (attached.kind === "refused") return new Response(null, { status: ERRORS[attached.code].status });
    const { 0: client, 1: server } = new WebSocketPair();
    this.#relaying.add(server, readFollowOptions(searchParams), tagsOf(request));
    await this.#alarm.keep();
    return new Response(null, { status: 101, webSocket: client });
  }

  async attach(relay: string, last_seq: number | undefined, status?: ControlEvent): Promise<Attached> {
    const attached = await this.#attach();
    if (attached.kind === "refused") return attached;
    const answer = this.#relaying.attach(relay, { last_seq, status });
    await this.#alarm.keep();
    return answer;
  }

  async detach(relay: string): Promise<void> {
    this.#relaying.readers.relays.detach(relay);
    this.#leaveIfIdle();
  }

  async feed(feed: Feed): Promise<Fed> {
    if (this.#is_idle) return this.#forget();
    if (feed.dismissal) this.#relaying.readers.dismiss(errorOf(feed.dismissal));
    else await this.#relaying.take(feed);
    if (this.#is_idle) return this.#forget();
    return {
      kind: "fed",
      last_seq: this.#relaying.last_seq,
      followers: this.#relaying.readers.followers.count,
    };
  }

  async drop(credential: string): Promise<void> {
    this.#relaying.readers.followers.drop(credential);
    this.#leaveIfIdle();
  }

  async openOf(credential: string): Promise<number> {
    this.#relaying.readers.followers.look();
    return countOpen(this.ctx, credential);
  }

  override async webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): Promise<void> {
    // After hibernation it may not know how far it is, and with that whether this follower is behind.
    if (!this.#relaying.is_placed) await this.#check();
    this.#relaying.readers.followers.receive(socket, message);
  }

  override webSocketClose(socket: WebSocket): void {
    this.#relaying.readers.followers.remove(socket);
    // A reader that closes waits for this answer: the runtime does not send it on a hibernatable socket.
    socket.close();
    this.#leaveIfIdle();
  }

  override webSocketError(socket: WebSocket): void {
    this.#relaying.readers.followers.remove(socket);
    this.#leaveIfIdle();
  }

  /** Closes silent followers, and asks for what a crash may have lost on the way. */
  override async alarm(): Promise<void> {
    const { followers } = this.#relaying.readers;
    this.#alarm.rang();
    followers.tend(Date.now());
    if (!this.#is_idle) await this.#check();
    if (!this.#leaveIfIdle()) await this.#alarm.keep();
  }

  get #is_idle(): boolean {
    return this.#coming === 0 && this.#relaying.readers.count === 0;
  }

  /** Asks the feeder for everything that is new, unless this instance has done so already. */
  async #attach(): Promise<Attached> {
    this.#coming++;
    try {
      const attached = await this.#upstream.attach(this.#relaying.place);
      if (attached.kind === "attached") this.#relaying.begin(attached);
      return attached;
    } finally {
      this.#coming--;
    }
  }

  /** Asks again. If there is nothing to relay any more, the followers are told. */
  async #check(): Promise<void> {
    this.#upstream.again();
    try {
      const attached = await this.#attach();
      if (attached.kind === "refused") this.#relaying.readers.dismiss(errorOf(attached));
    } catch (error) {
      console.error(`relay ${this.ctx.id.name}: the feeder does not answer: ${failureText(error)}`);
    }
  }

  #leaveIfIdle(): boolean {
    if (!this.#is_idle) return false;
    this.ctx.waitUntil(this.#upstream.detach(() => this.#forgetAll()));
    return true;
  }

  async #forget(): Promise<Fed> {
    await this.#forgetAll();
    return { kind: "gone" };
  }

  async #forgetAll(): Promise<void> {
    this.#upstream.again();
    this.#relaying.clear();
    this.#alarm.rang();
    await this.ctx.storage.deleteAll();
  }
}

function errorOf({ code, text }: { code: TailraceError["code"]; text: string }): TailraceError {
  return new TailraceError(code, text);
}
