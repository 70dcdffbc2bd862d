import * as v from "valibot";
import { ID_PATTERN } from "../base/id.ts";
import {
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
import { Labels } from "../model/label.ts";

const id = v.pipe(v.string(), v.regex(ID_PATTERN));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const epoch = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const label = v.pipe(v.string(), v.minLength(1), v.maxLength(128));

/** Why an agent takes no work now, as it is shown to the users whose executions wait for it. */
const why = v.pipe(v.string(), v.minLength(1), v.maxLength(UNABLE_CHARS_MAX));

const host = v.pipe(v.string(), v.minLength(1), v.maxLength(255));

/** A lease: the right to run one execution. A later epoch voids every earlier one. */
export const LeaseKey = v.object({ execution_id: id, epoch });
export type LeaseKey = v.InferOutput<typeof LeaseKey>;

/** A pack that an agent has. The digest is of all the pack's files: equal ones are the same pack. */
export const AnnouncedPack = v.object({
  ref: label,
  version: v.pipe(v.string(), v.maxLength(LABEL_CHARS_MAX)),
  digest: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});
export type AnnouncedPack = v.InferOutput<typeof AnnouncedPack>;

/**
 * The first message of an agent, after each connect: what it speaks, what it can run, and what it still holds. Its id and its
 * pool are its credential's.
 */
export const Hello = v.object({
  type: v.literal("hello"),
  /** The newest version of the protocol that it speaks, and the oldest. An agent from before there were versions says none. */
  protocol: v.exactOptional(count),
  protocol_min: v.exactOptional(count),
  /** How often it pings; an agent of an earlier release does not say. */
  ping_ms: v.exactOptional(v.pipe(v.number(), v.integer(), v.minValue(PING_MS_MIN), v.maxValue(PING_MS_MAX))),
  /** Only said by an agent from before there were versions. */
  agent_id: v.exactOptional(id),
  name: label,
  version: label,
  slots: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(SLOTS_MAX)),
  runners: v.pipe(v.array(AgentRunnerName), v.minLength(1), v.maxLength(AGENT_RUNNERS.length)),
  labels: v.optional(Labels, {}),
  packs: v.optional(v.pipe(v.array(AnnouncedPack), v.maxLength(PACKS_MAX)), []),
  leases: v.pipe(v.array(LeaseKey), v.maxLength(SLOTS_MAX)),
  /** Why it takes no new work, as `unable` says it. */
  unable: v.exactOptional(why),
  /** How far its host's clock is ahead of the server's, as it found before it connected. */
  clock_skew_ms: v.exactOptional(v.pipe(v.number(), v.safeInteger())),
});
export type Hello = v.InferOutput<typeof Hello>;

/** What an agent says to its pool. */
export const AgentMessage = v.variant("type", [
  Hello,
  /** The lease is on the agent's disk. Nothing is started before the pool confirms it. */
  v.object({ type: v.literal("accepted"), ...LeaseKey.entries }),
  /** The agent has not started the lease's program, and never will. It keeps the lease until the pool voids it. */
  v.object({ type: v.literal("declined"), ...LeaseKey.entries }),
  /** It takes no new work, and why; and it does again. */
  v.object({ type: v.literal("unable"), why }),
  v.object({ type: v.literal("able") }),
]);
export type AgentMessage = v.InferOutput<typeof AgentMessage>;

/** An action that an agent runs. */
const { chain: _, ...action } = ActionSpec.entries;
const LeasedAction = v.object({ ...action, runner_type: AgentRunnerName });

/** All that an agent needs to run one execution. It travels over the agent's socket only. */
export const LeasedExecution = v.object({
  execution_id: id,
  epoch,
  action: LeasedAction,
  user: v.string(),
  /** StackStorm's `action_context`, for templates. */
  context: v.record(v.string(), v.unknown()),
  /** Of a child: how its parent calls the host that it runs on. */
  host: v.optional(v.string()),
  /** False: nothing is wanted of its output but what the result repeats. */
  stream_output: v.optional(v.boolean(), true),
  /** As the user gave them. What the action itself says beyond them, each host takes from its own pack. */
  parameters: v.record(v.string(), v.unknown()),
  /** As the pool's registration resolves them, by which an agent sees that its own pack says otherwise. */
  runner_parameters: v.record(v.string(), v.unknown()),
  action_parameters: v.record(v.string(), v.unknown()),
  /** Texts in the parameters that are secret whatever the schemas say: what a chain has put into its task's. */
  secrets: v.exactOptional(v.array(v.string())),
});
export type LeasedExecution = v.InferOutput<typeof LeasedExecution>;

/** What a pool says to an agent. `token` is the bearer of every request under the lease. */
export const PoolMessage = v.variant("type", [
  v.object({
    type: v.literal("welcome"),
    pool: v.string(),
    /** The version of the protocol that is spoken. A pool from before version 3 says none. */
    protocol: v.exactOptional(count),
    /** How long an agent may be away before what it runs is abandoned. */
    grace_seconds: v.exactOptional(v.number()),
  }),
  v.object({ type: v.literal("lease"), token: v.string(), execution: LeasedExecution }),
  /** The pool has taken down that the agent has accepted a lease, and gives it to no other: the program may start. */
  v.object({ type: v.literal("confirmed"), ...LeaseKey.entries }),
  /** A lease that the agent said it holds is still its own, and confirmed. */
  v.object({ type: v.literal("resume"), token: v.string(), ...LeaseKey.entries }),
  /** A lease is no longer the agent's: end the process, drop the spool. */
  v.object({ type: v.literal("void"), ...LeaseKey.entries }),
  /** Somebody asked to cancel: end the process, then end the execution as canceled. */
  v.object({ type: v.literal("cancel"), ...LeaseKey.entries }),
  /** Somebody watches now (or nobody does any more): gather for this long from here on. */
  v.object({ type: v.literal("flush"), flush_ms: v.number(), ...LeaseKey.entries }),
  v.object({ type: v.literal("error"), code: v.string(), faultstring: v.string() }),
]);
export type PoolMessage = v.InferOutput<typeof PoolMessage>;

/** `POST …/expand`: the execution is to be one child for each of these hosts, and itself their parent. `key` names one in the result. */
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

/** `POST …/end`: the last request under a lease. `last_seq` and `bytes` are what the agent produced; the log must agree. */
export const EndExecution = v.strictObject({
  last_seq: count,
  status: v.picklist(COMPLETED),
  exit_code: v.nullable(v.number()),
  /** A runner's result (contract of StackStorm), of at most `RESULT_BYTES_MAX` as JSON. */
  result: v.record(v.string(), v.unknown()),
});
export type EndExecution = v.InferOutput<typeof EndExecution>;
