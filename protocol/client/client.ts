import type { TailraceError } from "../base/errors.ts";
import { writeExact } from "../base/numbers.ts";
import type { Pack } from "../model/action.ts";
import { DEFAULT_POOL } from "../model/default-pool.ts";
import type { Execution, ListExecutions, RedactExecution, RedactedExecution } from "../model/execution.ts";
import type { Key, KeyScope, LeasedKey, PoolKeys, SetKey } from "../model/key.ts";
import type { EndRequest, ExpandExecution, RunToken } from "../wire/agent.ts";
import type { AgentState } from "../wire/agent-state.ts";
import type { Acknowledgement } from "../wire/append.ts";
import { AppendSocket } from "./append-socket.ts";
import type { HttpAnswer } from "./http.ts";
import { Identity } from "./identity.ts";
import { deleteKey, type KeyOwner, listKeys, readKey, setKey } from "./keys.ts";
import { type DeletedKey, leased, underLease, type WantedKeys } from "./lease.ts";
import { type Registration, register } from "./registration.ts";
import { call, poolQuery, segment, send, tryLimit } from "./request.ts";
import { ViewerClient } from "./viewer-client.ts";

export type { FollowOptions, Transport } from "./follow-request.ts";
export type { Fetch, HttpAnswer, HttpRequest } from "./http.ts";
export type { KeyOwner } from "./keys.ts";
export { type Connection, ForeignAnswer, isTransient } from "./request.ts";

/**
 * The client of the API for the command line, the agent and the tests; the page has `ViewerClient`. The server's refusals are
 * `TailraceError`s with its code. Every other error comes from the network.
 */
export class Client extends ViewerClient {
  /** Users, keys, roles and links. */
  get identity(): Identity {
    return new Identity(this.to);
  }

  /** Executions, newest first, without their results. */
  list(filter: ListExecutions = {}): Promise<Execution[]> {
    // Results are not in the index: the server would ask each execution for its own.
    const query = new URLSearchParams({ exclude_attributes: "result" });
    for (const [name, value] of Object.entries(filter))
      if (value !== undefined) query.set(name, String(value));
    return call(this.to, "GET", `/api/v1/executions?${query}`);
  }

  /** A chain starts no further task until it is resumed. */
  pause(id: string): Promise<Execution> {
    return call(this.to, "PUT", `/api/v1/executions/${segment(id)}`, { status: "pausing" });
  }

  resume(id: string): Promise<Execution> {
    return call(this.to, "PUT", `/api/v1/executions/${segment(id)}`, { status: "resuming" });
  }

  /** Keeps an execution and its output until it is unpinned. */
  pin(id: string): Promise<Execution> {
    return call(this.to, "POST", `/api/v1/executions/${segment(id)}/pin`);
  }

  /** Removes the pin: the retention time starts again. */
  unpin(id: string): Promise<Execution> {
    return call(this.to, "DELETE", `/api/v1/executions/${segment(id)}/pin`);
  }

  /** Removes texts from the stored data of an ended execution, its parents and its children. */
  redact(id: string, request: RedactExecution): Promise<RedactedExecution> {
    return call(this.to, "POST", `/api/v1/executions/${id}/redact`, request);
  }

  /** The agents of a pool, as the pool sees them now. */
  agents(pool = "default"): Promise<AgentState[]> {
    return call(this.to, "GET", `/api/v1/pools/${segment(pool)}/agents`);
  }

  /** Makes a key. Only this answer has the key itself. */
  createKey(request: {
    user: string;
    role: "admin" | "agent";
    pool?: string;
  }): Promise<{ id: string; key: string }> {
    return call(this.to, "POST", "/api/v1/apikeys", request);
  }

  /** The raw output: the produced bytes, as one response that stays open until the end. */
  output(id: string, query: Record<string, string> = {}, signal?: AbortSignal): Promise<HttpAnswer> {
    const path = `/api/v1/executions/${segment(id)}/output?${new URLSearchParams({ follow: "true", ...query })}`;
    return send(this.to, path, signal ? { signal } : {});
  }

  /** Reports that the process of a lease has started. */
  start(id: string, lease: string): Promise<Acknowledgement> {
    return underLease(this.to, id, "start", lease, "{}", "application/json");
  }

  /** Appends a batch: NDJSON of consecutive chunks. A `TailraceError` with code `gap` says from where to send. */
  append(id: string, lease: string, batch: string | Uint8Array<ArrayBuffer>): Promise<Acknowledgement> {
    return underLease(this.to, id, "chunks", lease, batch, "application/x-ndjson");
  }

  /** Opens a socket for small batches. It takes the first one once its state is `open`. */
  appendSocket(id: string, lease: string): AppendSocket {
    return new AppendSocket(this.to, id, lease);
  }

  /** Makes the execution the parent of one child for each host. This ends its lease. */
  expand(id: string, lease: string, children: ExpandExecution): Promise<Acknowledgement> {
    return underLease(this.to, id, "expand", lease, JSON.stringify(children), "application/json");
  }

  /** A token of the run's user, for its program. */
  runToken(id: string, lease: string): Promise<RunToken> {
    return leased(this.to, "POST", `${segment(id)}/token`, lease);
  }

  /** Keys of the key-value table for a running action. Secret values are in clear if they are asked for by name. */
  leasedKeys(id: string, lease: string, wanted: WantedKeys): Promise<LeasedKey[]> {
    return leased(this.to, "POST", `${id}/keys/read`, lease, wanted);
  }

  setLeasedKey(id: string, lease: string, name: string, value: SetKey): Promise<Key> {
    return leased(this.to, "PUT", `${id}/keys/${segment(name)}`, lease, value);
  }

  deleteLeasedKey(id: string, lease: string, name: string, scope: KeyScope = "system"): Promise<DeletedKey> {
    return leased(this.to, "DELETE", `${id}/keys/${segment(name)}?scope=${scope}`, lease);
  }

  /** The keys with a prefix that the user may see. Secret values are masked. */
  keys(prefix = "", owner: KeyOwner = {}): Promise<Key[]> {
    return listKeys(this.to, prefix, owner);
  }

  key(name: string, options: KeyOwner & { decrypt?: boolean | undefined } = {}): Promise<Key> {
    return readKey(this.to, name, options);
  }

  setKey(name: string, value: SetKey): Promise<Key> {
    return setKey(this.to, name, value);
  }

  deleteKey(name: string, owner: KeyOwner = {}): Promise<void> {
    return deleteKey(this.to, name, owner);
  }

  /** The keys that a pool's runs may use. */
  poolKeys(pool: string): Promise<PoolKeys> {
    return call(this.to, "GET", `/api/v1/pools/${segment(pool)}/keys`);
  }

  setPoolKeys(pool: string, prefixes: string[] | null): Promise<PoolKeys> {
    return call(this.to, "PUT", `/api/v1/pools/${segment(pool)}/keys`, { prefixes });
  }

  /** The registered packs of all pools, or of one. */
  packs(pool?: string): Promise<Pack[]> {
    return call(this.to, "GET", `/api/v1/packs${poolQuery(pool)}`);
  }

  /** Ends the execution, once the log has all its output; or with `output`, which stands for the start and the last batch too. */
  end(id: string, lease: string, end: EndRequest): Promise<Acknowledgement> {
    const body = writeExact(end);
    return underLease(this.to, id, "end", lease, body, "application/json", tryLimit(body.length));
  }

  /**
   * Registers packs and their actions with a pool. Each pack gets exactly these actions, all at once. A refused pack is given to
   * `onRefused`, and the others are registered. Without `onRefused`, the refusal is thrown.
   */
  register(
    registration: Omit<Registration, "pool"> & { pool?: string },
    onRefused?: (ref: string, error: TailraceError) => void,
  ): Promise<{ registered: number }> {
    return register(this.to, { pool: DEFAULT_POOL, ...registration }, onRefused);
  }
}
