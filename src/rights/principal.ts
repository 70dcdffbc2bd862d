import type { Grant } from "../../protocol/model/permissions.ts";

/**
 * What brought a request's credential. A `header` is set by a program, or by a page that may ask; the others any page can have
 * a browser send: it offers a `subprotocol`, writes a `query`, and sends the `cookie` and what a `proxy` adds without being told.
 */
export type Carrier = "header" | "subprotocol" | "query" | "proxy" | "cookie";

/** How a request proved who asks, in StackStorm's words where it has them. */
export type Method = "API key" | "authentication token" | "single sign-on" | "link" | "agent's secret";

/** Who asks, and what they may do. */
export interface Principal {
  user: string;
  /**
   * `admin` may do everything, a `user` what the grants say, a `registrar` (a pool's key) registers agents, an `agent` opens
   * the agents' door of its pool and nothing else, a `link` opens one execution.
   */
  role: "admin" | "user" | "registrar" | "agent" | "link";
  pool: string | null;
  /** Of an agent. */
  agent_id?: string;
  /** Of a key from the index. */
  key_id?: string;
  /** The names of the roles, as `GET /user` shows them. */
  roles: string[];
  grants: Grant[];
  method: Method;
  carrier: Carrier;
  /** What followers are dropped by once it is void; null for the key that the deployment was given, which never is. */
  credential: string | null;
  /** When it ends; null for a key. */
  expires_ms: number | null;
  /** When it was read from the index: what has changed since then, it does not know. */
  read_ms: number;
}

/** A principal as the credential alone tells it, wherever in a request that was. */
export type Known = Omit<Principal, "carrier">;
