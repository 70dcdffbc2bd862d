import type { Parameters, RunnerName, RunnerType } from "../../protocol/action.ts";

const SHELL: Parameters = {
  cwd: { type: "string", description: "Working directory where the command will be executed in" },
  env: { type: "object", description: "Environment variables which will be available to the command" },
  kwarg_op: { type: "string", description: "Operator to use in front of keyword args", default: "--" },
  sudo: { type: "boolean", description: "The command will be executed with sudo.", default: false },
  sudo_password: {
    type: "string",
    description: "Sudo password.",
    default: null,
    secret: true,
    required: false,
  },
  timeout: { type: "integer", description: "Action timeout in seconds.", default: 60 },
  unbuffered: {
    type: "boolean",
    description: "Run under stdbuf, so that programs which buffer their output when piped show it at once.",
    default: false,
  },
};

/** The runners, with StackStorm's parameters and defaults; `unbuffered` is ours. */
export const RUNNER_TYPES: Record<RunnerName, RunnerType> = {
  "local-shell-cmd": runner(
    "local-shell-cmd",
    "A runner to execute local actions as a fixed user.",
    "local_shell_command_runner",
    {
      cmd: { type: "string", description: "Arbitrary Linux command to be executed on the local host." },
      ...SHELL,
    },
  ),
  "local-shell-script": runner(
    "local-shell-script",
    "A runner to execute local actions as a fixed user.",
    "local_shell_script_runner",
    { ...SHELL, debug: { type: "boolean", default: false }, content_version: { type: "string" } },
  ),
};

function runner(name: RunnerName, description: string, module: string, parameters: Parameters): RunnerType {
  return {
    id: runnerId(name),
    uid: `runner_type:${name}`,
    name,
    description,
    enabled: true,
    runner_package: module,
    runner_module: module,
    runner_parameters: parameters,
  };
}

/** A stable id of 24 hex digits: runners are part of the program, so they have no row. */
function runnerId(name: RunnerName): string {
  const digits = Array.from(name, (character) => character.charCodeAt(0).toString(16)).join("");
  return digits.slice(-24).padStart(24, "0");
}
