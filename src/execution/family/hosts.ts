import { newId } from "../../../protocol/base/id.ts";
import { RESULT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { isStructure } from "../../../protocol/base/numbers.ts";
import type { Status } from "../../../protocol/base/status.ts";
import { timestamp } from "../../../protocol/base/time.ts";
import { boundedResult, jsonBytes } from "../../../protocol/model/result.ts";
import type { ExpandExecution } from "../../../protocol/wire/agent.ts";
import type { ChildEnd } from "../../objects/execution.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import type { HostsPlan } from "../state/state.ts";
import type { Child, Children, KeptEnd } from "./children.ts";
import type { FamilyEnd, Policy } from "./family.ts";

/** Where a child of a run on several hosts runs. */
interface HostDraft {
  address: string;
  liveaction_id: string;
}

/** Plans one child for each host. */
export function planHosts(children: Children, hosts: ExpandExecution["hosts"]): void {
  const now = timestamp(Date.now());
  for (const { key, address } of hosts) {
    const draft: HostDraft = { address, liveaction_id: newId() };
    children.plan({ id: newId(), name: key, draft }, now);
  }
}

/** A run on several hosts: all of them are planned from the start, and so many are worked on at the same time. */
export class HostRun implements Policy {
  readonly width: number;
  readonly #parent: ExecutionSpec;
  readonly #plan: HostsPlan;
  readonly #children: Children;

  constructor(parent: ExecutionSpec, plan: HostsPlan, children: Children) {
    this.width = plan.concurrency;
    this.#parent = parent;
    this.#plan = plan;
    this.#children = children;
  }

  async decide(): Promise<boolean> {
    return false;
  }

  /** The parent, on one host. */
  specOf({ id, name }: Child): ExecutionSpec {
    const { address, liveaction_id } = this.#children.draft<HostDraft>(id);
    const { resolved, parameters, context, web_url, parent } = this.#parent;
    // The run is a task of its chain; its hosts are none.
    const { chain: _, ...own } = context;
    return {
      ...this.#parent,
      id,
      liveaction_id,
      parameters: { ...parameters, hosts: address },
      resolved: { ...resolved, runner: { ...resolved.runner, hosts: address } },
      context: { ...own, user: context.user, parent: { ...context, execution_id: this.#parent.id } },
      parent: { id: this.#parent.id, depth: (parent?.depth ?? 0) + 1, host: name },
      web_url: web_url.replace(this.#parent.id, id),
    };
  }

  labelOf({ name }: Child): string {
    return name;
  }

  keep({ name }: Child, { status, result }: ChildEnd): KeptEnd {
    // What is secret in it is so by the parent's own schema, which masks it there too.
    return { status, result: shareOf(result, name, this.#children.all().length), secrets: [] };
  }

  outcome(): FamilyEnd {
    const children = this.#children.all();
    const entries = children.flatMap(({ id, name }) => {
      const result = this.#children.result(id);
      return result === null ? [] : [[name, result] as const];
    });
    return {
      status: familyStatus(children, this.#plan),
      result: Object.fromEntries(entries),
      secrets: [],
    };
  }
}

/**
 * How a parent ends whose children have all ended: failed if any did, unless some may; a timeout only if all of them took
 * too long (StackStorm's rule).
 */
function familyStatus(children: Child[], { allow_partial_failure }: HostsPlan): Status {
  const count = (wanted: Status) => children.filter(({ status }) => status === wanted).length;
  if (count("succeeded") === children.length) return "succeeded";
  if (count("timeout") === children.length) return "timeout";
  if (count("succeeded") > 0 && allow_partial_failure) return "succeeded";
  if (count("abandoned") === children.length) return "abandoned";
  return "failed";
}

/**
 * What a parent keeps of a child's result. The child has all of it; here each host has its share of what a result may
 * take, so that many of them fit.
 */
function shareOf(result: Record<string, unknown>, host: string, hosts: number): Record<string, unknown> {
  const own = result[host];
  const share = Math.floor(RESULT_BYTES_MAX / hosts) - jsonBytes(host) - 2;
  return boundedResult(isRecord(own) ? own : result, share);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isStructure(value) && !Array.isArray(value);
}
