import type { SchemaStep } from "../storage/schema.ts";
import { Course } from "./course.ts";
import { Creation } from "./creation.ts";
import { Delivery } from "./deliver/delivery.ts";
import { ChainRun } from "./family/chain/run.ts";
import { Family } from "./family/family.ts";
import { HostRun } from "./family/hosts.ts";
import { Intake } from "./intake.ts";
import { Lease } from "./lease.ts";
import { endEvent } from "./log/events.ts";
import { Followers } from "./log/followers.ts";
import { Log } from "./log/log.ts";
import { Queueing } from "./queueing.ts";
import { Redaction } from "./redaction.ts";
import { Retention } from "./retention.ts";
import { ExecutionRecord } from "./state/record.ts";
import type { Vault } from "./state/vault.ts";
import { Timekeeper } from "./timekeeper.ts";

/** What an execution's object is made of: each owns its part of the state, and of the work. */
export type Parts = ReturnType<typeof partsOf>;

/** Wires the parts together: each is given those above it; what it brings about in one below it, it is given as a function. */
export function partsOf(ctx: DurableObjectState, env: Env, vault: Vault, steps: readonly SchemaStep[]) {
  const { storage } = ctx;
  const timekeeper = new Timekeeper(storage, () => followers.silence_ms);
  const record = new ExecutionRecord(storage.kv, vault, {
    timekeeper,
    produced: () => log.totals,
    children: () => family.ids,
  });
  const log = new Log(storage, {
    exists: record.state !== undefined,
    bytes_max: () => record.state?.keeping.output_bytes_max ?? 0,
  });
  const end = () => record.state && endEvent(record.state, record.totals(record.state));
  const followers: Followers = new Followers(ctx, log, end);
  const intake = new Intake({ env, ctx, record, log, followers });
  const delivery = new Delivery({
    env,
    ctx,
    record,
    intake,
    begin: (state) => course.begin(state),
    unheld: (state) => lease.unheld(state),
  });
  const retention = new Retention({ storage, index: env.INDEX, record, log, followers, delivery });
  const family: Family = new Family({
    env,
    ctx,
    vault,
    record,
    intake,
    policy: (state, children) =>
      state.family?.kind === "hosts"
        ? new HostRun(state.spec, state.family, children)
        : new ChainRun({
            env,
            kv: storage.kv,
            vault,
            children,
            state,
            grown: () => delivery.tellChange(state),
          }),
    change: (state, status) => course.pass(state, status),
    complete: (state, outcome) => course.endFamily(state, outcome),
  });
  const course: Course = new Course({ record, followers, delivery, retention, family });
  const creation = new Creation({ env, ctx, steps, timekeeper, record, followers, delivery, course });
  const lease: Lease = new Lease({ env, record, log, intake, course, family });
  const queueing = new Queueing({ env, record, course });
  const redaction = new Redaction({ env, storage, vault, record, log, family, delivery });
  return {
    creation,
    redaction,
    timekeeper,
    record,
    log,
    followers,
    delivery,
    retention,
    family,
    course,
    lease,
    queueing,
  };
}
