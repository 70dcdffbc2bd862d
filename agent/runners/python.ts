import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import * as v from "valibot";
import type { LeasedExecution } from "../../protocol/agent.ts";
import { RESULT_VALUE_BYTES_MAX } from "../../protocol/limits.ts";
import type { LoadedPack } from "../packs/load.ts";
import { type Exit, startChild } from "../process/child.ts";
import { actionEnvironment, JOB_SOCKET, ownEnvironment, userEnvironment } from "../process/environment.ts";
import { type Ended, errorOf, returnCode, statusOf } from "../process/result.ts";
import { AGENT_ROOT } from "../root.ts";
import { type End, type Runner, requiredScript, type StreamTexts } from "./runner.ts";

const PROGRAM = join(AGENT_ROOT, "python", "run_action.py");

/** `python-script`: an action class, as StackStorm's packs write it. Its result comes on a descriptor of its own. */
export const python: Runner = async (execution, host, onData) => {
  const script = requiredScript(execution, host);
  const { pack } = host;
  if (!pack) throw new Error(`The pack "${execution.action.pack}" is not on this host.`);
  const { PYTHONPATH: _, ...users } = userEnvironment(execution.runner_parameters);
  const env = {
    ...ownEnvironment(),
    ...users,
    PYTHONUNBUFFERED: "1",
    PYTHONIOENCODING: "utf-8:surrogateescape",
    ...actionEnvironment(execution, host.url),
    [JOB_SOCKET]: host.job_socket,
  };
  const child = await startChild(
    {
      file: interpreterOf(pack),
      args: ["-u", PROGRAM],
      cwd: pack.folder,
      request: JSON.stringify(requestOf(execution, pack, script)),
    },
    env,
    onData,
  );
  return { ...child, end: pythonEnd };
};

/**
 * The Python of a pack: of the virtualenv that `tailrace pack install` made in it, or of the one that StackStorm keeps for
 * it beside the packs; else the host's.
 */
export function interpreterOf({ folder, ref }: Pick<LoadedPack, "folder" | "ref">): string {
  const places = [join(folder, ".venv"), join(dirname(dirname(folder)), "virtualenvs", ref)];
  return places.map((place) => join(place, "bin", "python")).find((path) => existsSync(path)) ?? "python3";
}

function requestOf(execution: LeasedExecution, pack: LoadedPack, script: string): object {
  const { action, action_parameters, runner_parameters, user, execution_id } = execution;
  return {
    pack: action.pack,
    action: action.name,
    script,
    pack_dir: pack.folder,
    parameters: action_parameters,
    config: pack.config,
    log_level: runner_parameters.log_level ?? "DEBUG",
    user,
    execution_id,
  };
}

/** What the program answers: what `run` returned, and the status that it told, if it told one. */
const Answer = v.object({
  result: v.unknown(),
  status: v.nullable(v.boolean()),
  error: v.optional(v.string()),
});

/** Exit code of a program whose `run` told a status that is none. */
const STATUS_INVALID = 220;

function pythonEnd(exit: Exit, ended: Ended, { stdout, stderr }: StreamTexts): End {
  const exit_code = returnCode(exit, ended);
  const answer = readAnswer(exit.answer);
  const succeeded = ended === undefined && exit_code === 0 && answer !== undefined && answer.status !== false;
  const error = errorOf(ended, exit.signal) ?? answer?.error ?? missing(exit_code, answer);
  const result = {
    stdout,
    stderr,
    exit_code,
    // StackStorm's word for a run that came to no result.
    result: answer === undefined ? "None" : answer.result,
    ...(error === undefined ? {} : { error }),
    ...(exit.leftover_pids.length === 0 ? {} : { leftover_pids: exit.leftover_pids }),
  };
  return { status: statusOf(ended, succeeded), exit_code, result };
}

function missing(exit_code: number, answer: object | undefined): string | undefined {
  if (exit_code === STATUS_INVALID) {
    return "The action returned a tuple whose first item, the status, is not a bool.";
  }
  return exit_code === 0 && answer === undefined
    ? `The action ended without a result, or with one of more than ${RESULT_VALUE_BYTES_MAX} bytes.`
    : undefined;
}

function readAnswer(bytes: Buffer): v.InferOutput<typeof Answer> | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const parsed = v.safeParse(Answer, JSON.parse(bytes.toString("utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}
