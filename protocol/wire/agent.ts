import * as v from "valibot";
import { ID_PATTERN } from "../base/id.ts";
import {
  END_OUTPUT_CHARS_MAX,
  HOSTS_MAX,
  LABEL_CHARS_MAX,
  PACKS_MAX,
  PING_MS_MAX,
  PING_MS_MIN,
  SLOTS_MAX,
  UNABLE_CHARS_MAX,
} from "../base/limits.ts";
import { COMPLETED } from "../base/status.ts";
import { ActionSpec, AGENT_RUNNERS, AgentRunnerName } from "../model/action.ts";
import { JsonObject } from "../model/json-object.ts";
import { Labels } from "../model/label.ts";

const id = v.pipe(v.string(), v.regex(ID_PATTERN));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const epoch = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** Why an agent takes no work now. It is shown to users whose executions wait. */
const why = v.pipe(v.string(), v.minLength(1), v.maxLength(UNABLE_CHARS_MAX));

const host = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

/** A lease: the right to run one execution. A later epoch voids every earlier one. */
export const LeaseKey = v.object({ execution_id: id, epoch });
export type LeaseKey = v.InferOutput<typeof LeaseKey>;

/** A pack that an agent has. Equal digests mean that all files of the packs are equal. */
export const AnnouncedPack = v.object({
  ref: label,
  version: v.pipe(v.string(), v.maxLength(LABEL_CHARS_MAX)),
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type AnnouncedPack = v.InferOutput<typeof AnnouncedPack>;

/**
 * The first message of an agent on each connection: its protocol versions, what it can run, and the leases that it has. Its id and
 * pool come from its credential.
 */
export const Hello = v.object({
  type: v.literal("hello"),
  /** The newest and the oldest protocol version that it speaks. An agent from before versions does not send them. */
  protocol: v.exactOptional(count),
  protocol_min: v.exactOptional(count),
  /** The interval of its pings. An agent of an earlier release does not send it. */
  ping_ms: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(PING_MS_MIN), v.maxValue(PING_MS_MAX))),
  /** Only from an agent from before versions. */
  agent_id: v.exactOptional(id),
  name: label,
  version: label,
  slots: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SLOTS_MAX)),
  runners: v.pipe(v.array(AgentRunnerName), v.minLength(1), v.maxLength(AGENT_RUNNERS.length)),
  labels: v.optional(Labels, {}),
  packs: v.optional(v.pipe(v.array(AnnouncedPack), v.maxLength(PACKS_MAX)), []),
  leases: v.pipe(v.array(LeaseKey), v.maxLength(SLOTS_MAX)),
  /** Why it takes no new work, as in the message `unable`. */
  unable: v.exactOptional(why),
  /** How far its host's clock is ahead of the server's, measured before the connection. */
  clock_skew_ms: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
});
export type Hello = v.InferOutput<typeof Hello>;

/** A message of an agent to its pool. */
export const AgentMessage = v.variant("type", [
  Hello,
  /** The lease is on the agent's disk. Nothing is started before the pool confirms it. */
  v.object({ type: v.literal("accepted"), ...LeaseKey.entries }),
  /** The agent has not started the lease's program, and never will. It keeps the lease until the pool voids it. */
  v.object({ type: v.literal("declined"), ...LeaseKey.entries }),
  /** It takes no new work, and why. It takes work again. */
  v.object({ type: v.literal("unable"), why }),
  v.object({ type: v.literal("able") }),
]);
export type AgentMessage = v.InferOutput<typeof AgentMessage>;

/** An action that an agent runs. */
const { chain: _, ...action } = ActionSpec.entries;
const LeasedAction = v.object({ ...action, runner_type: AgentRunnerName });

/** Everything that an agent needs to run one execution. It is sent only over the agent's socket. */
export const LeasedExecution = v.object({
  execution_id: id,
  epoch,
  action: LeasedAction,
  user: v.string(),
  /** StackStorm's `action_context`, for templates. */
  context: JsonObject,
  /** For a child on one host: the parent's name for the host. */
  host: v.optional(v.string()),
  /** False: only the result has the output, and no output is sent. */
  stream_output: v.optional(v.boolean(), true),
  /** The parameters that the user gave. Each host takes the action's defaults from its own pack. */
  parameters: JsonObject,
  /** All parameters, as the pool's registration resolves them. The agent compares them with its own pack. */
  runner_parameters: JsonObject,
  action_parameters: JsonObject,
  /** Texts in the parameters that are secret whatever the schemas say: a chain has put them into its task's parameters. */
  secrets: v.exactOptional(v.array(v.string())),
  /** Its program gets a token of its user: the agent asks for one under the lease. */
  auth_token: v.exactOptional(v.boolean()),
  /** The request that created it, for the agent's log. */
  request_id: v.exactOptional(v.string()),
  /** The W3C `traceparent` of the execution, if its request has one or the server makes one. */
  traceparent: v.exactOptional(v.string()),
  /** The server takes `output` with the end. A server of an earlier release does not. */
  ends_whole: v.exactOptional(v.boolean()),
});
export type LeasedExecution = v.InferOutput<typeof LeasedExecution>;

/** A message of a pool to an agent. `token` is the bearer token of every request under the lease. */
export const PoolMessage = v.variant("type", [
  v.object({
    type: v.literal("welcome"),
    pool: v.string(),
    /** The protocol version of the connection. A pool from before version 3 does not send it. */
    protocol: v.exactOptional(count),
    /** How long an agent may be disconnected before its executions are abandoned. */
    grace_seconds: v.exactOptional(v.number()),
  }),
  v.object({ type: v.literal("lease"), token: v.string(), execution: LeasedExecution }),
  /** The pool has recorded that the agent has accepted a lease, and gives it to no other agent: the program may start. */
  v.object({ type: v.literal("confirmed"), ...LeaseKey.entries }),
  /** A lease that the agent listed is still its own, and confirmed. */
  v.object({ type: v.literal("resume"), token: v.string(), ...LeaseKey.entries }),
  /** A lease is no longer the agent's: end the process, drop the spool. */
  v.object({ type: v.literal("void"), ...LeaseKey.entries }),
  /** A user has canceled: end the process, then end the execution as canceled. */
  v.object({ type: v.literal("cancel"), ...LeaseKey.entries }),
  /** The number of followers has changed: from now on, gather output for this long. */
  v.object({ type: v.literal("flush"), flush_ms: v.number(), ...LeaseKey.entries }),
  v.object({ type: v.literal("error"), code: v.string(), faultstring: v.string() }),
]);
export type PoolMessage = v.InferOutput<typeof PoolMessage>;

/** The answer of `POST …/token`. The token opens the API for the run's user until the run ends, at most until `expiry`. */
export const RunToken = v.object({ token: v.string(), expiry: v.string() });
export type RunToken = v.InferOutput<typeof RunToken>;

/** `POST …/expand`: makes the execution the parent of one child for each host. `key` is the host's name in the result. */
export const ExpandExecution = v.strictObject({
  hosts: v.pipe(
    v.array(v.strictObject({ key: host, address: host })),
    v.minLength(2),
    v.maxLength(HOSTS_MAX),
  ),
  concurrency: v.pipe(v.number(), v.integer(), v.minValue(1)),
  allow_partial_failure: v.boolean(),
});
export type ExpandExecution = v.InferOutput<typeof ExpandExecution>;

/** `POST …/end`: the last request under a lease. `last_seq` is the last chunk that the agent produced; the log must have it. */
export const EndExecution = v.strictObject({
  last_seq: count,
  status: v.picklist(COMPLETED),
  exit_code: v.nullable(v.number()),
  /** The runner's result in StackStorm's form, at most `RESULT_BYTES_MAX` as JSON. */
  result: JsonObject,
});
export type EndExecution = v.InferOutput<typeof EndExecution>;

/**
 * The body of `POST …/end`. With `output` it is a start, a batch and the end in one request: the last chunks, one line each; empty if
 * the log has all of them.
 */
export const EndRequest = v.strictObject({
  ...EndExecution.entries,
  output: v.exactOptional(v.pipe(v.string(), v.maxLength(END_OUTPUT_CHARS_MAX))),
});
export type EndRequest = v.InferOutput<typeof EndRequest>;
