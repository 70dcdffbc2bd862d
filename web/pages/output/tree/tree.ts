import { isStructure } from "../../../../protocol/base/numbers.ts";
import type { Status } from "../../../../protocol/base/status.ts";
import type { Execution } from "../../../../protocol/model/execution.ts";
import { chunkTimeMs } from "../../../base/time.ts";

/** An execution within another: a host of a run, or a task of a chain. */
export interface TreeNode {
  execution: Execution;
  name: string;
  children: TreeNode[];
}

/** The hosts and tasks of an execution, each with its own ones. Failed ones come first, then those that are under way. */
export function treeOf(parent: Execution, descendants: readonly Execution[]): TreeNode[] {
  const children_of = new Map<string, Execution[]>();
  for (const one of descendants) {
    const { parent = "" } = one;
    const others = children_of.get(parent);
    if (others) others.push(one);
    else children_of.set(parent, [one]);
  }
  return nodesOf(parent, children_of);
}

function nodesOf(parent: Execution, children_of: ReadonlyMap<string, Execution[]>): TreeNode[] {
  const order = new Map(parent.children?.map((id, at) => [id, at]));
  const nameOf = childNames(parent);
  const nodes = (children_of.get(parent.id) ?? []).map((execution) => ({
    execution,
    name: nameOf(execution),
    children: nodesOf(execution, children_of),
  }));
  const place = ({ execution }: TreeNode) =>
    rankOf(execution.status) * PLACES + (order.get(execution.id) ?? 0);
  return nodes.sort((one, other) => place(one) - place(other));
}

/** More than an execution has children. */
const PLACES = 1_000_000;

function rankOf(status: Status): number {
  if (status === "failed" || status === "timeout" || status === "abandoned") return 0;
  return status === "succeeded" || status === "canceled" ? 2 : 1;
}

/** The names of an execution's children: a child's host, as the parent names it, or its task of a chain. */
export function childNames({ parameters, children = [] }: Execution): (child: Execution) => string {
  const hosts = String(parameters.hosts ?? "")
    .split(",")
    .map((host) => host.trim())
    .filter((host) => host !== "");
  const host_of = new Map(hosts.length === children.length ? children.map((id, at) => [id, hosts[at]]) : []);
  return ({ id, context: { chain }, action }) => {
    if (isStructure(chain) && "name" in chain) return String(chain.name);
    return host_of.get(id) ?? `${action.ref} ${id.slice(-6)}`;
  };
}

/** The name of an execution that is a part of another one: its task or its host. */
export function partName({ parent, runner, parameters, context: { chain } }: Execution): string | undefined {
  if (parent === undefined) return undefined;
  if (isStructure(chain) && "name" in chain) return String(chain.name);
  return runner.name.startsWith("remote-") ? String(parameters.hosts ?? "") : undefined;
}

/** The title of an execution: its action. A part of another one has its own name and the other one's title, once that is known. */
export function titleOf(execution: Execution, parent: Execution | undefined): string {
  const name = partName(execution);
  if (name === undefined) return execution.action.ref;
  return parent ? `${name} · ${titleOf(parent, undefined)}` : name;
}

/** The exit code of an execution. That of a host is under the host's name. */
export function exitOf({ result = {} }: Execution): number | undefined {
  const [only] = Object.values(result);
  const codes = isStructure(only) && "return_code" in only ? only.return_code : undefined;
  const code = result.return_code ?? result.exit_code ?? codes;
  return typeof code === "number" ? code : undefined;
}

/** All nodes of a tree, parents before their children. */
export function eachNode(nodes: readonly TreeNode[]): TreeNode[] {
  return nodes.flatMap((node) => [node, ...eachNode(node.children)]);
}

/** The milliseconds that an execution has taken until now; undefined without a clock. */
export function takenMs(
  { elapsed_seconds, start_timestamp }: Execution,
  now_ms: number | undefined,
): number | undefined {
  if (elapsed_seconds !== undefined) return elapsed_seconds * 1000;
  return now_ms === undefined ? undefined : Math.max(0, now_ms - chunkTimeMs(start_timestamp));
}
