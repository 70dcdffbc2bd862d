import { type Chain, type ChainTask, firstTask } from "../../../protocol/chain.ts";
import { TailraceError } from "../../../protocol/errors.ts";
import { newId } from "../../../protocol/id.ts";
import {
  CHAIN_CONTEXT_CHARS_MAX,
  CHAIN_RESULT_CHARS_MAX,
  CHAIN_SECRETS_CHARS_MAX,
  CHAIN_STEPS_MAX,
  CHAIN_VARS_CHARS_MAX,
} from "../../../protocol/limits.ts";
import { checkParameters, parameterSchema } from "../../../protocol/parameters.ts";
import { renderParameters } from "../../../protocol/templates/render.ts";
import { templatesIn } from "../../../protocol/templates/renderer.ts";
import { timestamp } from "../../../protocol/time.ts";
import { readAction } from "../../index/actions.ts";
import { type Child, type Children, isOver, type KeptEnd } from "../children.ts";
import type { FamilyEnd, Policy } from "../family.ts";
import { boundedResult } from "../hosts.ts";
import { secretsOf } from "../secrets.ts";
import type { ExecutionSpec, ExecutionState } from "../state.ts";
import type { ChildEnd } from "../upstream.ts";
import { type Progress, readProgress, writeProgress } from "./progress.ts";
import { chainResult } from "./result.ts";
import { parentContext, taskSpec } from "./task.ts";
import { type Rendered, RenderingError, rendered, renderMapping } from "./templates.ts";

/** What a chain works on. */
export interface ChainParts {
  env: Env;
  kv: SyncKvStorage;
  children: Children;
  state: ExecutionState;
  /** The parent has another child. */
  grown: () => void;
}

/**
 * A chain: one task after the other, each chosen by how the one before it ended. Every decision is stored before it is acted
 * upon, and is made of nothing but what is stored.
 */
export class ChainRun implements Policy {
  readonly width = 1;
  readonly #parts: ChainParts;
  readonly #spec: ExecutionSpec;

  constructor(parts: ChainParts) {
    this.#parts = parts;
    this.#spec = parts.state.spec;
  }

  async decide(): Promise<boolean> {
    const { kv, children, state } = this.#parts;
    let progress = readProgress(kv) ?? (await this.#begin());
    const last = children.last();
    if (last && isOver(last) && last.position > progress.settled)
      progress = await this.#settle(progress, last);
    if (progress.next === null || state.status !== "running") return false;
    return this.#start(progress, progress.next);
  }

  specOf({ id }: Child): ExecutionSpec {
    return this.#parts.children.draft<ExecutionSpec>(id);
  }

  labelOf({ name }: Child): string {
    return this.#task(name).display_name ?? name;
  }

  keep(_: Child, { status, result, secrets }: ChildEnd): KeptEnd {
    const size = secrets.reduce((sum, { length }) => sum + length, 0);
    if (size > CHAIN_SECRETS_CHARS_MAX) {
      return { status, result: { error: "The result holds more secrets than can be kept." }, secrets: [] };
    }
    return { status, result: boundedResult(result, CHAIN_RESULT_CHARS_MAX), secrets };
  }

  outcome(): FamilyEnd {
    const { kv, children, state } = this.#parts;
    const progress = readProgress(kv) ?? UNBEGUN;
    return {
      status: state.status === "canceling" ? "canceled" : progress.status,
      result: chainResult(children, progress, this.#spec.resolved.runner.display_published !== false),
      secrets: [...progress.secrets, ...children.secrets()],
    };
  }

  /** Renders the chain's own parameters, then its variables, and finds the first task. */
  async #begin(): Promise<Progress> {
    const chain = this.#chain;
    const progress: Progress = { ...UNBEGUN, secrets: secretsOf(this.#spec, {}) };
    const { action, runner, resolved, context } = this.#spec;
    const schema = parameterSchema(action, runner);
    try {
      const own = await rendered(this.#parts.env, resolved.action, (renderer) =>
        renderParameters(
          schema.action,
          resolved.action,
          { action_context: context, config_context: {} },
          renderer,
        ),
      );
      checkParameters(schema.action, own.values);
      // One that was not given is none, and not unknown.
      const none = Object.fromEntries(Object.keys(schema.action).map((name) => [name, null]));
      progress.parameters = { ...none, ...own.values };
      const known = { ...this.#spec, resolved: { runner: {}, action: own.values } };
      progress.secrets.push(...own.secrets, ...secretsOf(known, {}));
      const vars = await rendered(this.#parts.env, chain.vars, (renderer) =>
        renderMapping(renderer, chain.vars, progress.parameters),
      );
      progress.vars = vars.values;
      progress.secrets.push(...vars.secrets);
      progress.next = firstTask(chain)?.name ?? null;
    } catch (error) {
      // What the key-value table has is tried again.
      if (!(error instanceof RenderingError || error instanceof TailraceError)) throw error;
      progress.error = failure("Failed initializing ``vars`` in chain.", error);
    }
    return this.#write(progress);
  }

  /** A task has ended: publishes what it is to publish, and chooses the next. */
  async #settle(before: Progress, { name, position, state, status }: Child): Promise<Progress> {
    const task = this.#task(name);
    const progress: Progress = { ...before, settled: position, next: null };
    if (status === "canceled") return this.#write({ ...progress, status });
    const succeeded = status === "succeeded";
    progress.status = succeeded || status === "timeout" ? status : "failed";
    progress.next = task[succeeded ? "on-success" : "on-failure"] || null;
    if (state === "dropped" || Object.keys(task.publish).length === 0) return this.#write(progress);
    try {
      const publish = await this.#rendered(before, task.publish, {});
      progress.vars = { ...before.vars, ...publish.values };
      progress.published = { ...before.published, ...publish.values };
      progress.secrets = [...before.secrets, ...publish.secrets];
    } catch (error) {
      if (!(error instanceof RenderingError)) throw error;
      const value = `publish parameter "${error.key}" in task "${name}" (template string=${error.template})`;
      const reason = `Failed rendering value for ${value}: ${error.message}`;
      return this.#write({ ...progress, status: "failed", next: null, error: reason });
    }
    return this.#write(progress);
  }

  /** Plans a task's execution, or ends the chain where there cannot be one; true where the chain goes on. */
  async #start(progress: Progress, name: string): Promise<boolean> {
    const { env, children, state, grown } = this.#parts;
    const task = this.#task(name);
    if ((children.last()?.position ?? 0) >= CHAIN_STEPS_MAX) {
      return this.#fail(progress, `A run of a chain starts at most ${CHAIN_STEPS_MAX} tasks.`);
    }
    const action = await readAction(env.INDEX, task.ref);
    if (!action) {
      const why = new Error(`Task :: ${name} - Action with ref ${task.ref} not registered.`);
      const text = `Failed to run task "${name}". Action with reference "${task.ref}" doesn't exist.`;
      return this.#fail(progress, failure(text, why));
    }
    const given = Object.keys(task.parameters).length > 0 ? task.parameters : task.params;
    const context = { action_context: { parent: parentContext(this.#spec) } };
    let own: Rendered<Record<string, unknown>>;
    try {
      own = await this.#rendered(progress, given, context);
    } catch (error) {
      if (!(error instanceof RenderingError)) throw error;
      const value = `action parameter "${error.key}" in task "${name}" (template string=${error.template})`;
      const why = new Error(`Failed rendering value for ${value}: ${error.message}`);
      return this.#fail(progress, failure(`Failed to run task "${name}". Parameter rendering failed.`, why));
    }
    // Somebody may have paused or canceled the chain meanwhile.
    if (state.status !== "running") return false;
    const now = timestamp(Date.now());
    if (own.secrets.length > 0) this.#write({ ...progress, secrets: [...progress.secrets, ...own.secrets] });
    try {
      const spec = taskSpec(this.#spec, task, action, own.values);
      children.plan({ id: spec.id, name, draft: spec }, now);
      grown();
    } catch (error) {
      // The task fails, and not the chain: it may have an answer to that.
      const id = newId();
      children.plan({ id, name, draft: null }, now);
      const result = { error: failure(`Failed running task "${name}".`, error) };
      children.end(id, "dropped", { status: "failed", result, secrets: [] }, now);
    }
    return true;
  }

  /** Values rendered over the chain's parameters, the results of its tasks and its variables. */
  async #rendered(progress: Progress, values: Record<string, unknown>, more: Record<string, unknown>) {
    const { names, results } = this.#results(values);
    if (names.has("config_context")) {
      const reason = "config_context is not known in a chain: a pack's configuration stays on its hosts";
      throw new RenderingError("config_context", values, reason);
    }
    const scope = { ...progress.parameters, ...results, ...progress.vars, __results: results, ...more };
    return rendered(this.#parts.env, values, (renderer) => renderMapping(renderer, values, scope));
  }

  /** The results that templates refer to, by their tasks: only those, as all of them may be large. */
  #results(values: Record<string, unknown>) {
    const names = new Set(templatesIn(values).flatMap(({ names }) => [...names]));
    const wanted = this.#chain.chain.filter(({ name }) => names.has("__results") || names.has(name));
    let chars = 0;
    const results: Record<string, unknown> = {};
    for (const { name } of wanted) {
      const result = this.#parts.children.newestResult(name);
      if (result === undefined) continue;
      chars += result.length;
      if (chars > CHAIN_CONTEXT_CHARS_MAX) {
        throw new RenderingError(name, values, "the results that it refers to are too large together");
      }
      results[name] = JSON.parse(result);
    }
    return { names, results };
  }

  #fail(progress: Progress, error: string): false {
    this.#write({ ...progress, status: "failed", next: null, error });
    return false;
  }

  #write(progress: Progress): Progress {
    const { parameters, vars, published } = progress;
    const kept = JSON.stringify([parameters, vars, published]).length <= CHAIN_VARS_CHARS_MAX;
    const stored: Progress = kept
      ? { ...progress, secrets: [...new Set(progress.secrets)] }
      : {
          ...progress,
          vars: {},
          published: {},
          status: "failed",
          next: null,
          error: `The chain's parameters and variables have more than ${CHAIN_VARS_CHARS_MAX} characters.`,
        };
    writeProgress(this.#parts.kv, stored);
    return stored;
  }

  get #chain(): Chain {
    const { chain } = this.#spec.action;
    if (!chain) throw new Error(`the action ${this.#spec.action.ref} has no chain`);
    return chain;
  }

  #task(name: string): ChainTask {
    const task = this.#chain.chain.find((one) => one.name === name);
    if (!task) throw new Error(`the chain has no task ${name}`);
    return task;
  }
}

/** Before anything of a chain is known. */
const UNBEGUN: Progress = {
  parameters: {},
  vars: {},
  published: {},
  settled: 0,
  next: null,
  status: "failed",
  error: null,
  secrets: [],
};

/** StackStorm's form of what went wrong in a chain. */
function failure(what: string, error: unknown): string {
  return `${what}. ${error instanceof Error ? error.message : String(error)}`;
}
