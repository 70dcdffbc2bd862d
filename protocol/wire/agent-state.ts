import * as v from "valibot";
import { ID_PATTERN } from "../base/id.ts";
import { AgentName, Label } from "../model/identity.ts";
import { Labels } from "../model/label.ts";
import { AnnouncedPack } from "./agent.ts";

/** Every agent's secret begins with this, and no key does. */
export const AGENT_SECRET_PREFIX = "tra_";

/** `POST /agent/v1/agents`, with a pool's key: the first start of an agent. */
export const RegisterAgent = v.strictObject({
  name: AgentName,
  /** The pool that the agent expects; it must be the key's. */
  pool: v.optional(Label),
  /** The id of an agent from before identities. It keeps the id if the pool has given it work. */
  legacy_id: v.optional(v.pipe(v.string(), v.regex(ID_PATTERN))),
});
export type RegisterAgent = v.InferInput<typeof RegisterAgent>;

/** An administrator drains an agent: its pool gives it no new work until an administrator lets it resume. */
export const Drained = v.object({ by: v.string(), since: v.string() });
export type Drained = v.InferOutput<typeof Drained>;

/** An agent as its pool sees it now. */
export const AgentState = v.object({
  id: v.string(),
  name: v.string(),
  version: v.string(),
  /** The version of the protocol that is spoken with it. */
  protocol: v.number(),
  slots: v.number(),
  /** Slots in use. */
  busy: v.number(),
  runners: v.array(v.string()),
  labels: Labels,
  packs: v.array(AnnouncedPack),
  connected: v.boolean(),
  /** Why it takes no new work now; missing if it does. */
  unable: v.exactOptional(v.string()),
  /** Also for an agent that is not connected. */
  drained: v.exactOptional(Drained),
  last_seen: v.string(),
  /** Milliseconds that its host's clock was ahead of the server's when it connected. Agents of the first release do not send it. */
  clock_skew_ms: v.exactOptional(v.number()),
});
export type AgentState = v.InferOutput<typeof AgentState>;

/** A registered agent, from the index and its pool. */
export const KnownAgent = v.object({
  ...AgentState.entries,
  protocol: v.nullable(v.number()),
  last_seen: v.nullable(v.string()),
  pool: v.string(),
  /** The key that has registered it. */
  key_id: v.string(),
  created_at: v.string(),
  revoked_at: v.exactOptional(v.string()),
});
export type KnownAgent = v.InferOutput<typeof KnownAgent>;
