import type { Grant } from "../../protocol/model/permissions.ts";

/**
 * The part of a request that carried the credential. A program or an allowed page sets a `header`. Any page can make a
 * browser send the others: it offers a `subprotocol` or writes a `query`; the browser adds the `cookie` by itself, and a
 * `proxy` its assertion.
 */
export type Carrier = "header" | "subprotocol" | "query" | "proxy" | "cookie";

/** How a request was authenticated, in StackStorm's words where it has them. */
export type Method = "API key" | "authentication token" | "single sign-on" | "link" | "agent's secret";

/** The authenticated caller and its rights. */
export interface Principal {
  user: string;
  /**
   * `admin` may do everything, a `user` has its grants, a `registrar` (a pool's key) registers agents, an `agent` may use
   * only the agents' routes of its pool, a `link` reads one execution.
   */
  role: "admin" | "user" | "registrar" | "agent" | "link";
  pool: string | null;
  /** For an agent. */
  agent_id?: string;
  /** For a run's token: it opens what its pool's runs may reach, and nothing that outlives the run. */
  run?: { execution_id: string; pool: string };
  /** For a key of the index. */
  key_id?: string;
  /** The names of the roles, as `GET /user` shows them. */
  roles: string[];
  grants: Grant[];
  method: Method;
  carrier: Carrier;
  /**
   * The id by which followers are dropped when the credential becomes void; null for the deployment's first key, which never
   * does.
   */
  credential: string | null;
  /** When it expires; null for a key. */
  expires_ms: number | null;
  /** When it was read from the index: later changes are not in it. */
  read_ms: number;
}

/** A principal as its credential defines it, without the part of the request that carried it. */
export type CredentialPrincipal = Omit<Principal, "carrier">;
