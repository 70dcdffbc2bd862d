import { randomBytes } from "node:crypto";
import { delimiter, join } from "node:path";
import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { parseJson } from "../../protocol/base/json.ts";
import { ANSWER_VALUE_BYTES_MAX, RESULT_BYTES_MAX, VALUE_DEPTH_MAX } from "../../protocol/base/limits.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import { parameterSchema } from "../../protocol/model/parameters.ts";
import { shortenedBeginning } from "../../protocol/model/result.ts";
import { RUNNER_TYPES } from "../../protocol/model/runners.ts";
import type { LeasedExecution } from "../../protocol/wire/agent.ts";
import { AGENT_ROOT } from "../base/root.ts";
import type { LoadedPack } from "../packs/load.ts";
import { type Child, type Exit, startChild } from "../process/child.ts";
import { actionEnvironment, JOB_SOCKET, ownEnvironment, userEnvironment } from "../process/environment.ts";
import { type Ended, errorOf, returnCode, statusOf } from "../process/result.ts";
import { type Interpreter, interpreterOf } from "./interpreter.ts";
import { type End, type Runner, type RunnerHost, requiredScript, type StreamTexts } from "./runner.ts";

const PROGRAM = join(AGENT_ROOT, "python", "run_action.py");

/** `python-script`: an action class, in the form of StackStorm's packs. Its result comes on a descriptor of its own. */
export const python: Runner = async (execution, host, onData) => {
  const script = requiredScript(execution, host);
  const { pack } = host;
  const interpreter = interpreterOf(pack, host.shared_python);
  const key = randomBytes(16).toString("hex");
  const command = {
    file: interpreter.file,
    args: ["-u", PROGRAM],
    cwd: pack.folder,
    request: writeExact(requestOf(execution, pack, script, { key, interpreter })),
  };
  let child: Child;
  try {
    child = await startChild(command, environmentOf(execution, host, interpreter), onData);
  } catch (error) {
    const reason = failureText(error);
    throw new Error(`The Python of the pack "${pack.ref}" could not be started: ${reason}`);
  }
  return {
    ...child,
    end: (exit, ended, texts) =>
      pythonEnd(exit, wholeAnswer(readAnswer(exit.answer, key), host), ended, texts),
  };
};

function environmentOf(
  execution: LeasedExecution,
  host: RunnerHost,
  { virtualenv }: Interpreter,
): Record<string, string> {
  const own = ownEnvironment();
  const users = Object.entries(userEnvironment(execution.runner_parameters));
  return {
    ...own,
    ...(virtualenv === undefined
      ? {}
      : { VIRTUAL_ENV: virtualenv, PATH: [join(virtualenv, "bin"), own.PATH ?? ""].join(delimiter) }),
    // A user may not set what the interpreter imports (StackStorm's rule).
    ...Object.fromEntries(users.filter(([name]) => name.toUpperCase() !== "PYTHONPATH")),
    PYTHONUNBUFFERED: "1",
    PYTHONIOENCODING: "utf-8:surrogateescape",
    ST2_API_URL: `${host.url}/api/v1`,
    // By this name StackStorm's own client takes it.
    ...(host.auth_token === undefined ? {} : { ST2_AUTH_TOKEN: host.auth_token }),
    ...actionEnvironment(execution, host),
    [JOB_SOCKET]: host.job_socket,
  };
}

function requestOf(
  execution: LeasedExecution,
  pack: LoadedPack,
  script: string,
  { key, interpreter }: { key: string; interpreter: Interpreter },
): object {
  const { action, action_parameters, runner_parameters } = execution;
  // StackStorm gives `run` every declared parameter: None without a value and a default.
  const declared = Object.keys(parameterSchema(action, RUNNER_TYPES["python-script"]).action);
  return {
    pack: action.pack,
    script,
    pack_dir: pack.folder,
    shared: interpreter.shared ?? null,
    parameters: { ...Object.fromEntries(declared.map((name) => [name, null])), ...action_parameters },
    config: pack.config,
    log_level: runner_parameters.log_level ?? "DEBUG",
    answer_key: key,
    answer_bytes_max: ANSWER_VALUE_BYTES_MAX,
    answer_depth_max: VALUE_DEPTH_MAX,
  };
}

/** The program's answer: the result and status that `run` returned, or why it was not run. */
const Answer = v.union([
  v.object({ error: v.string() }),
  /** For a value that is too long: the beginning of its JSON, and its size in bytes. */
  v.object({ beginning: v.string(), bytes: v.number(), status: v.nullable(v.boolean()) }),
  v.object({ result: v.unknown(), status: v.nullable(v.boolean()) }),
]);
type Answer = v.InferOutput<typeof Answer>;

/** Makes the value of a shortened answer. It is masked here, because a mask cannot find a secret that was cut. */
function wholeAnswer(answer: Answer | undefined, { maskBeginning }: RunnerHost): WholeAnswer | undefined {
  if (!answer || !("beginning" in answer)) return answer;
  const result = shortenedBeginning(maskBeginning(answer.beginning), answer.bytes, RESULT_BYTES_MAX / 2);
  return { result, status: answer.status };
}

type WholeAnswer = Exclude<Answer, { beginning: string }>;

function pythonEnd(exit: Exit, answer: WholeAnswer | undefined, ended: Ended, texts: StreamTexts): End {
  const exit_code = returnCode(exit, ended);
  const { error: answer_error, status } =
    answer && "error" in answer ? { error: answer.error, status: false } : { status: answer?.status };
  const succeeded = ended === undefined && exit_code === 0 && status !== false;
  const error = errorOf(ended, exit.signal) ?? answer_error;
  const result = {
    ...texts,
    exit_code,
    // StackStorm's value for a run without a result.
    result: answer && "result" in answer ? answer.result : "None",
    ...(error === undefined ? {} : { error }),
    ...(exit.leftover_pids.length === 0 ? {} : { leftover_pids: exit.leftover_pids }),
  };
  return { status: statusOf(ended, succeeded), exit_code, result };
}

/** Finds the answer among everything that was written to the descriptor: it is a line that begins with the run's key. */
export function readAnswer(bytes: Buffer, key: string): Answer | undefined {
  const opening = `\n${key} `;
  const start = bytes.lastIndexOf(opening);
  if (start < 0) return undefined;
  const [line = ""] = bytes.toString("utf8", start + opening.length).split("\n", 1);
  try {
    return v.parse(Answer, parseJson(line, { exact: true }));
  } catch {
    return { error: "The result is damaged: a program that the action started wrote into it." };
  }
}
