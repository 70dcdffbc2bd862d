import { existsSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import * as v from "valibot";
import { messageOf } from "../../protocol/base/failure-text.ts";
import { STEPS_MAX } from "../../protocol/base/limits.ts";
import { isStructure, nearestBut } from "../../protocol/base/numbers.ts";
import { Steps } from "../../protocol/base/steps.ts";
import {
  ActionSpec,
  CHAIN_RUNNER,
  type Parameters,
  RUNNERS,
  type RunnerName,
} from "../../protocol/model/action.ts";
import { patternProblem } from "../../protocol/model/action-patterns.ts";
import { Chain } from "../../protocol/model/chain.ts";
import { isHere, missingRunner } from "../../protocol/model/missing-runners.ts";
import { RUNNER_TYPES } from "../../protocol/model/runners.ts";
import { insidePack } from "./inside.ts";
import { checked, exactDefaults, exactly, type ReadFile, readYaml, withoutNulls } from "./yaml.ts";

/** An action's metadata from its file in a pack's folder; throws with path, line and reason. */
export function readAction(folder: string, path: string, pack: string): ActionSpec {
  const read = readYaml(path, ActionFile, plainAction);
  const { runner_type } = read.value;
  const ours = RUNNERS.find((name) => name === (RUNNER_ALIASES[runner_type] ?? runner_type));
  const runner = ours ?? missingRunner(runner_type);
  if (!runner) throw failure(read, ["runner_type"], `"${runner_type}" is not one of ${RUNNERS.join(", ")}`);
  const { chain: _, ...given } = withoutNulls(read.value);
  const action = checked(read.place, ActionSpec, { ...given, pack, runner_type: runner });
  const file = entryPointOf(folder, read, action);
  checkParameters(read, action);
  checkPatterns(read, action);
  if (runner !== CHAIN_RUNNER || file === undefined) return action;
  return { ...action, chain: readYaml(file, Chain, exactly).value };
}

/** Older names of StackStorm's runners. */
const RUNNER_ALIASES: Record<string, RunnerName> = {
  "run-local": "local-shell-cmd",
  "run-local-script": "local-shell-script",
  "run-remote": "remote-shell-cmd",
  "run-remote-script": "remote-shell-script",
  "run-python": "python-script",
  "http-runner": "http-request",
};

function plainAction(value: unknown): unknown {
  const plain = nearestBut(value, ["parameters"]);
  if (!isStructure(plain) || !("parameters" in plain)) return plain;
  return { ...plain, parameters: exactDefaults(plain.parameters) };
}

const ActionFile = v.looseObject({ name: v.string(), runner_type: v.string() });

function failure({ place }: ReadFile<unknown>, keys: string[], reason: string): Error {
  return new Error(`${place(keys)}: ${keys.join(".")}: ${reason}`);
}

/** The path of an entry point in its pack. It is relative to the folder of the actions. */
export function entryPointIn(entry_point: string): string {
  return isAbsolute(entry_point) ? entry_point : join("actions", entry_point);
}

/** The file that the runner needs: a script, or a chain's definition. For every runner, it must lie in the pack. */
function entryPointOf(
  folder: string,
  read: ReadFile<unknown>,
  { entry_point, runner_type }: ActionSpec,
): string | undefined {
  const isNeeded = isHere(runner_type) && (runner_type.endsWith("-script") || runner_type === CHAIN_RUNNER);
  if (entry_point === "" && !isNeeded) return undefined;
  if (entry_point === "") throw failure(read, ["entry_point"], `missing; ${runner_type} needs one`);
  const place = entryPointIn(entry_point);
  let script: string;
  try {
    script = insidePack(folder, place);
  } catch (error) {
    throw failure(read, ["entry_point"], messageOf(error));
  }
  if (!isNeeded) return undefined;
  if (!existsSync(script) || !statSync(script).isFile()) {
    throw failure(read, ["entry_point"], `there is no file ${join(folder, place)}`);
  }
  return script;
}

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string"];

/** StackStorm's rules for the parameters that an action may declare. */
function checkParameters(read: ReadFile<unknown>, { parameters, runner_type }: ActionSpec): void {
  const ofRunner = isHere(runner_type) ? RUNNER_TYPES[runner_type].runner_parameters : undefined;
  const at = new Map<number, string>();
  for (const [name, { type = [], immutable, position, default: value }] of Object.entries(parameters)) {
    const fail = (key: string, reason: string) => failure(read, ["parameters", name, key], reason);
    const unknown = [type].flat().find((one) => !TYPES.includes(one));
    if (unknown !== undefined) throw fail("type", `"${unknown}" is not one of ${TYPES.join(", ")}`);
    // The default may be that of a runner whose parameters are not known here.
    if (ofRunner && immutable && value === undefined && ofRunner[name]?.default === undefined) {
      throw fail("immutable", "an immutable parameter needs a default");
    }
    if (position === undefined) continue;
    const other = at.get(position);
    if (other !== undefined) throw fail("position", `${other} also has the position ${position}`);
    at.set(position, name);
  }
  checkPositions(read, at, parameters);
}

/** Refuses a pattern that RE2 refuses: no value could be checked against it. */
function checkPatterns(read: ReadFile<unknown>, action: ActionSpec): void {
  const problem = patternProblem(action, new Steps(STEPS_MAX));
  if (problem) throw failure(read, problem.keys.map(String), problem.reason);
}

function checkPositions(read: ReadFile<unknown>, at: Map<number, string>, parameters: Parameters): void {
  const positions = [...at.keys()].sort((a, b) => a - b);
  const gap = positions.find((position, index) => index > 0 && position !== (positions[index - 1] ?? 0) + 1);
  const name = gap === undefined ? undefined : at.get(gap);
  if (name === undefined || !parameters[name]) return;
  throw failure(read, ["parameters", name, "position"], `the positions ${positions.join(", ")} have a gap`);
}
