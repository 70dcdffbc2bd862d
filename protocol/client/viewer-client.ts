import type { Action, RunnerType } from "../model/action.ts";
import type { CreateExecution, Execution, ReRunExecution } from "../model/execution.ts";
import type { User } from "../model/identity.ts";
import type { ClockLook } from "../wire/clock.ts";
import type { FollowRecord } from "../wire/record.ts";
import { lookAtClock } from "./clock.ts";
import { follow } from "./follow.ts";
import type { FollowOptions } from "./follow-request.ts";
import { type Connection, call, pages, poolQuery, segment } from "./request.ts";

/**
 * What a viewer does with executions. It is a class of its own, because the page loads no more than it uses: a browser fetches it at its
 * first visit.
 */
export class ViewerClient {
  protected readonly to: Connection;

  constructor(connection: Connection) {
    this.to = { ...connection, url: connection.url.replace(/\/+$/, "") };
  }

  get url(): string {
    return this.to.url;
  }

  /** Reads the server's clock. The caller gives its own clock, which may differ from the host's. */
  lookAtClock(nowMs: () => number): Promise<ClockLook> {
    return lookAtClock(this.to, nowMs);
  }

  /** Starts an action; the answer has the new execution's id. */
  create(request: CreateExecution): Promise<Execution> {
    return call(this.to, "POST", "/api/v1/executions", request);
  }

  /** One execution, by id or `last`. */
  get(id: string): Promise<Execution> {
    return call(this.to, "GET", `/api/v1/executions/${segment(id)}`);
  }

  /** Cancels; a completed execution answers with a `faultstring` and 200, as StackStorm does. */
  cancel(id: string): Promise<Execution | { faultstring: string }> {
    return call(this.to, "DELETE", `/api/v1/executions/${segment(id)}`);
  }

  /** Runs an execution's action again, with some parameters replaced. */
  reRun(id: string, request: ReRunExecution = {}): Promise<Execution> {
    return call(this.to, "POST", `/api/v1/executions/${segment(id)}/re_run`, request);
  }

  /** The actions of all pools, or of one. */
  actions(filter: { pool?: string } = {}): Promise<Action[]> {
    return pages(this.to, "/api/v1/actions", filter);
  }

  /** One action, by reference or id: of the given pool, or of the pool that runs it by default. */
  action(ref: string, pool?: string): Promise<Action> {
    return call(this.to, "GET", `/api/v1/actions/${segment(ref)}${poolQuery(pool)}`);
  }

  runnerTypes(): Promise<RunnerType[]> {
    return call(this.to, "GET", "/api/v1/runnertypes");
  }

  /** The credential's user and rights. */
  user(): Promise<User> {
    return call(this.to, "GET", "/api/v1/user");
  }

  /** Every record from the cursor on, in order and once each, across broken connections. */
  follow(id: string, options: FollowOptions = {}): AsyncGenerator<FollowRecord, void, void> {
    return follow(this.to, id, options);
  }

  /** The children of an execution, each level in the order of their starts. Depth 1 are the direct ones. */
  children(id: string, depth = -1): Promise<Execution[]> {
    return call(this.to, "GET", `/api/v1/executions/${segment(id)}/children?depth=${depth}`);
  }
}
