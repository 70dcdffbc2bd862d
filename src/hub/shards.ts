import type { LifecycleEvent } from "./event.ts";

/** What others call of a hub. The generated stub type drops what holds `unknown`, so it is named here. */
export interface HubStub {
  publish(events: LifecycleEvent[]): Promise<void>;
  fetch(request: Request): Promise<Response>;
  drop(credential: string): Promise<void>;
  openOf(credential: string): Promise<number>;
}

/** The shard that an execution's events go to: the last digits of its id spread evenly. */
export function hubOf(env: Env, executionId: string): HubStub {
  return stub(env, Number.parseInt(executionId.slice(-6), 16) % env.EVENT_HUB_SHARDS);
}

/** Every shard: whoever listens, listens to all. */
export function allHubs(env: Env): HubStub[] {
  return Array.from({ length: env.EVENT_HUB_SHARDS }, (_, shard) => stub(env, shard));
}

function stub(env: Env, shard: number): HubStub {
  return env.EVENT_HUB.getByName(`hub-${shard}`) as unknown as HubStub;
}
