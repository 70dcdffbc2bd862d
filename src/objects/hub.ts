import type { Execution } from "../../protocol/model/execution.ts";

/** An execution as it was at a change of its status; `change` 0 is its creation. The id and `change` identify a repetition. */
export interface LifecycleEvent {
  change: number;
  execution: Execution;
}

/**
 * Changes of an execution's status, from the first that is new to the last of its log, and the execution as it is after them. Many
 * executions begin and end within one message, and one document says all of it.
 */
export interface Changes {
  first: number;
  execution: Execution;
}

/** The methods of a hub. The generated stub type drops results that hold `unknown`, so the type is written out here. */
export interface HubStub {
  publish(changes: Changes): Promise<void>;
  fetch(request: Request): Promise<Response>;
  drop(credential: string): Promise<void>;
  openOf(credential: string): Promise<number>;
}

/** The shard that an execution's events go to: the last digits of its id spread evenly. */
export function hubOf(env: Env, executionId: string): HubStub {
  return stub(env, Number.parseInt(executionId.slice(-6), 16) % env.EVENT_HUB_SHARDS);
}

/** All shards. A listener connects to each of them. */
export function allHubs(env: Env): HubStub[] {
  return Array.from({ length: env.EVENT_HUB_SHARDS }, (_, shard) => stub(env, shard));
}

function stub(env: Env, shard: number): HubStub {
  return env.EVENT_HUB.getByName(`hub-${shard}`) as unknown as HubStub;
}
