import { CHAIN_RUNNER } from "../../../protocol/model/action.ts";
import type { Chain, ChainTask } from "../../../protocol/model/chain.ts";
import type { ExecutionSpec } from "../../objects/spec.ts";

/** Whether an execution is a chain, which needs no agent. */
export function isChain({ runner }: Pick<ExecutionSpec, "runner">): boolean {
  return runner.name === CHAIN_RUNNER;
}

/** The chain that an execution runs. */
export function chainOf({ action }: Pick<ExecutionSpec, "action">): Chain {
  if (!action.chain) throw new Error(`the action ${action.ref} has no chain`);
  return action.chain;
}

/** A task of the chain that an execution runs. */
export function taskOf(spec: Pick<ExecutionSpec, "action">, name: string): ChainTask {
  const task = chainOf(spec).chain.find((one) => one.name === name);
  if (!task) throw new Error(`the chain has no task ${name}`);
  return task;
}
