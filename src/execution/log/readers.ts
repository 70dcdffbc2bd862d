import type { TailraceError } from "../../../protocol/base/errors.ts";
import type { ControlEvent, EndEvent } from "../../../protocol/wire/record.ts";
import type { FollowedLog } from "./followed-log.ts";
import { Followers } from "./followers.ts";
import { Relays } from "./relays.ts";

/** All that reads one log in this object and beyond: its followers, and its relays with theirs. */
export class Readers {
  readonly followers: Followers;
  readonly relays: Relays;

  constructor(ctx: DurableObjectState, env: Env, log: FollowedLog, end: EndEvent | undefined) {
    this.followers = new Followers(ctx, log, end);
    this.relays = new Relays(ctx, env, log);
  }

  /** The number of followers and relays. */
  get count(): number {
    return this.followers.count + this.relays.count;
  }

  /** The log has new lines. */
  push(body: string): void {
    this.followers.push(body);
    this.relays.push();
  }

  /** Sends a control record to every reader. */
  announce(event: ControlEvent): void {
    this.followers.announce(event);
    this.relays.announce(event);
  }

  /** The execution has completed: each reader ends once it has the whole log. */
  end(event: EndEvent): void {
    this.followers.end(event);
    this.relays.announce(event);
  }

  /** The output cannot be read any more. */
  dismiss(error: TailraceError): void {
    this.followers.dismiss(error);
    this.relays.dismiss(error);
  }
}
