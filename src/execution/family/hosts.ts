import { newId } from "../../../protocol/base/id.ts";
import { RESULT_BYTES_MAX } from "../../../protocol/base/limits.ts";
import { isStructure } from "../../../protocol/base/numbers.ts";
import { boundedResult, jsonBytes } from "../../../protocol/model/result.ts";
import type { ExpandExecution } from "../../../protocol/wire/agent.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";
import { traceOfChild } from "../../objects/trace.ts";
import type { Child, NewChild } from "../state/child.ts";
import type { Children } from "../state/children.ts";
import type { Vault } from "../state/vault.ts";

/** The draft of a host's child. */
interface HostDraft {
  address: string;
  liveaction_id: string;
}

/** Plans one child for each host. */
export function planHosts(vault: Vault, hosts: ExpandExecution["hosts"]): NewChild[] {
  return hosts.map(({ key, address }) => {
    const id = newId();
    const draft: HostDraft = { address, liveaction_id: newId() };
    return { id, name: key, draft: vault.seal([id, "draft"], draft) };
  });
}

/** The spec of a host's child: its parent's, for this one host. */
export function hostSpec(parent: ExecutionSpec, { id, name }: Child, children: Children): ExecutionSpec {
  const { address, liveaction_id } = children.draft<HostDraft>(id);
  const { resolved, parameters, context, web_url } = parent;
  // The parent may be a task of a chain; its children are not.
  const { chain: _, ...own } = context;
  return {
    ...parent,
    ...traceOfChild(parent),
    id,
    liveaction_id,
    parameters: { ...parameters, hosts: address },
    resolved: { ...resolved, runner: { ...resolved.runner, hosts: address } },
    context: { ...own, user: context.user, parent: { ...context, execution_id: parent.id } },
    parent: { id: parent.id, depth: (parent.parent?.depth ?? 0) + 1, host: name },
    web_url: web_url.replace(parent.id, id),
  };
}

/** The results of all hosts, by their names. */
export function hostsResult(children: Children): Record<string, unknown> {
  const entries = children.all().flatMap(({ id, name }) => {
    const result = children.result(id);
    return result === null ? [] : [[name, result] as const];
  });
  return Object.fromEntries(entries);
}

/**
 * The part of a child's result that its parent keeps, with the child's warnings. The child has all of it. In the parent each host has an equal share of
 * the bytes that a result may take, so that many hosts fit.
 */
export function hostShare(
  result: Record<string, unknown>,
  host: string,
  hosts: number,
): Record<string, unknown> {
  const own = result[host];
  const { warnings } = result;
  const told = Array.isArray(warnings) ? { warnings } : {};
  const share = Math.floor(RESULT_BYTES_MAX / hosts) - jsonBytes(host) - 2;
  return boundedResult(isRecord(own) ? { ...own, ...told } : result, share);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isStructure(value) && !Array.isArray(value);
}
