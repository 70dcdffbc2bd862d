import { DurableObject } from "cloudflare:workers";
import { failureText } from "../../protocol/base/failure-text.ts";
import { inPortions } from "../base/portions.ts";
import { HUB_TARGET, type Opened, POOL_TARGET, RELAY_TARGET } from "../objects/credential.ts";
import { executionStub } from "../objects/execution.ts";
import { allHubs } from "../objects/hub.ts";
import { poolStub } from "../objects/pool.ts";
import { relayStub } from "../objects/relay.ts";
import { beginSchema, openSchema } from "../storage/schema.ts";
import { CREDENTIAL_STEPS } from "./schema.ts";

/** How long a change is remembered: longer than an isolate caches a principal. */
const CHANGE_KEPT_MS = 60_000;
/** How long the alarm waits before it tries again to reach an object. */
const DROP_RETRY_MS = 1_000;
/** Objects asked at the same time. */
const ASKED_AT_ONCE = 50;

interface State {
  expires_ms: number | null;
  /**
   * When the credential last changed: principals that were read earlier are out of date. 0 once no isolate can hold one.
   */
  changed_ms: number;
  /** The targets with open streams, and an upper bound of the number at each. */
  opened: Record<string, number>;
  /** Targets whose streams are still to be dropped. */
  dropping: string[];
}

/**
 * The open streams of one key, token, sign-on or link. It knows the targets, so that it can drop the streams when the
 * credential becomes void, and roughly how many there are. Streams report when they open and never when they close, so the
 * objects are asked when there may be too many.
 */
export class Credential extends DurableObject<Env> {
  #state!: State;
  #alarm_ms: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    openSchema(ctx, CREDENTIAL_STEPS, () => {
      this.#state = ctx.storage.kv.get<State>("state") ?? {
        expires_ms: null,
        changed_ms: 0,
        opened: {},
        dropping: [],
      };
    });
  }

  /** A stream was opened at a target: an execution's id, the hubs, a pool, or a relay. */
  async opened(
    target: string,
    { read_ms, expires_ms, streams_max }: { read_ms: number; expires_ms: number | null; streams_max: number },
  ): Promise<Opened> {
    const state = this.#state;
    if (this.#correctClock()) await this.#save();
    if (read_ms <= state.changed_ms) return "stale";
    // Links that share this credential expire one by one. The first expiry drops all streams, and readers of the other links
    // connect again.
    state.expires_ms = expires_ms === null ? null : Math.min(expires_ms, state.expires_ms ?? expires_ms);
    state.opened[target] = (state.opened[target] ?? 0) + 1;
    await this.#save();
    // The stream that was just opened is among those counted.
    if (this.#total > streams_max) await this.#count();
    return this.#total > streams_max ? "full" : "counted";
  }

  /** The credential is void or its rights have changed: drops each stream that it opened. */
  async changed(): Promise<void> {
    this.#state.changed_ms = Date.now();
    await this.#dropAll();
  }

  /** Tries again to drop streams, drops those of an expired credential, and forgets old changes. */
  override async alarm(): Promise<void> {
    const state = this.#state;
    const now_ms = Date.now();
    this.#alarm_ms = null;
    this.#correctClock();
    if (state.expires_ms !== null && state.expires_ms <= now_ms) {
      state.expires_ms = null;
      await this.changed();
    } else if (state.dropping.length > 0) await this.#drop();
    if (state.changed_ms > 0 && now_ms - state.changed_ms >= CHANGE_KEPT_MS) state.changed_ms = 0;
    if (state.changed_ms === 0 && state.dropping.length === 0 && this.#total === 0) {
      await this.ctx.storage.deleteAll();
    } else await this.#save();
  }

  /** A change in the future means that the clock was set back: it counts as made now. Returns whether this was the case. */
  #correctClock(): boolean {
    const now_ms = Date.now();
    if (this.#state.changed_ms <= now_ms) return false;
    this.#state.changed_ms = now_ms;
    return true;
  }

  get #total(): number {
    return Object.values(this.#state.opened).reduce((sum, count) => sum + count, 0);
  }

  async #dropAll(): Promise<void> {
    const state = this.#state;
    state.dropping = [...new Set([...state.dropping, ...Object.keys(state.opened)])];
    state.opened = {};
    await this.#drop();
  }

  async #drop(): Promise<void> {
    await this.#save();
    await inPortions([...this.#state.dropping], ASKED_AT_ONCE, async (target) => {
      try {
        await Promise.all(objectsOf(this.env, target).map((object) => object.drop(this.#name)));
        this.#state.dropping = this.#state.dropping.filter((other) => other !== target);
      } catch (error) {
        console.error(
          `credential ${this.#name}: streams at ${target} are not dropped yet: ${failureText(error)}`,
        );
      }
    });
    await this.#save();
  }

  /** Asks the objects for the current numbers, and adds the streams that were opened during these calls. */
  async #count(): Promise<void> {
    const { opened } = this.#state;
    await inPortions(Object.entries(opened), ASKED_AT_ONCE, async ([target, before]) => {
      const [object] = objectsOf(this.env, target);
      // A target that does not answer keeps its last count.
      const open = (await object?.openOf(this.#name).catch(() => before)) ?? before;
      const now = open + (opened[target] ?? 0) - before;
      if (now > 0) opened[target] = now;
      else delete opened[target];
    });
    await this.#save();
  }

  get #name(): string {
    const { name } = this.ctx.id;
    if (name === undefined) throw new Error("a credential's object has its name");
    return name;
  }

  async #save(): Promise<void> {
    beginSchema(this.ctx.storage, CREDENTIAL_STEPS);
    this.ctx.storage.kv.put("state", this.#state);
    const next_ms = nextAlarm(this.#state);
    if (next_ms === null || next_ms === this.#alarm_ms) return;
    this.#alarm_ms = next_ms;
    await this.ctx.storage.setAlarm(next_ms);
  }
}

function nextAlarm({ dropping, changed_ms, expires_ms }: State): number | null {
  if (dropping.length > 0) return Date.now() + DROP_RETRY_MS;
  if (changed_ms > 0) return changed_ms + CHANGE_KEPT_MS;
  return expires_ms;
}

/** The objects where streams can be open. Each knows which credential opened which of its sockets. */
interface Opener {
  drop(credential: string): Promise<void>;
  openOf(credential: string): Promise<number>;
}

/** The objects of a target. An event stream is open at each hub, so one hub can count for all. */
function objectsOf(env: Env, target: string): Opener[] {
  if (target === HUB_TARGET) return allHubs(env);
  if (target.startsWith(POOL_TARGET)) return [poolStub(env, target.slice(POOL_TARGET.length))];
  if (target.startsWith(RELAY_TARGET)) return [relayStub(env, target.slice(RELAY_TARGET.length))];
  return [executionStub(env, target)];
}
