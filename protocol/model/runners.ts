import { TailraceError } from "../base/errors.ts";
import { HOSTS_MAX } from "../base/limits.ts";
import { type ActionSpec, type Parameters, RUNNERS, type RunnerName, type RunnerType } from "./action.ts";
import { isHere, missingText } from "./missing-runners.ts";
import { outputKey, outputSchema } from "./runner-output.ts";

/** The default number of hosts of one run that run at the same time. */
const CONCURRENCY = 50;

const ENVIRONMENT: Parameters = {
  env: { type: "object", description: "Environment variables which will be available to the command" },
};

const KWARG_OP: Parameters = {
  kwarg_op: { type: "string", description: "Operator to use in front of keyword args", default: "--" },
};

const SUDO: Parameters = {
  sudo: { type: "boolean", description: "The command will be executed with sudo.", default: false },
  sudo_password: {
    type: "string",
    description: "Sudo password.",
    default: null,
    secret: true,
    required: false,
  },
};

const timeout = (seconds: number): Parameters => ({
  timeout: { type: "integer", description: "Action timeout in seconds.", default: seconds },
});

const TERMINAL: Parameters = {
  tty: {
    type: "boolean",
    description: "Run in a pseudo-terminal: programs write at once, and stdout and stderr keep their order.",
    default: false,
  },
  tty_columns: { type: "integer", description: "Columns of the terminal.", default: 120, minimum: 1 },
  tty_rows: { type: "integer", description: "Rows of the terminal.", default: 40, minimum: 1 },
};

const UNBUFFERED: Parameters = {
  unbuffered: {
    type: "boolean",
    description: "Run under stdbuf, so that programs that buffer their output in a pipe write it at once.",
    default: false,
  },
};

const CONTENT: Parameters = {
  debug: { type: "boolean", description: "Run with debug mode enabled.", default: false },
  content_version: { type: "string", description: "Git revision of the pack content to use." },
};

const LOCAL: Parameters = {
  cwd: { type: "string", description: "Working directory where the command will be executed in" },
  ...ENVIRONMENT,
  ...KWARG_OP,
  ...SUDO,
  ...timeout(60),
  ...TERMINAL,
  ...UNBUFFERED,
};

const SSH: Parameters = {
  hosts: {
    type: "string",
    description: `Hosts to run on, separated by commas, each with an optional port (at most ${HOSTS_MAX}).`,
    required: true,
  },
  port: { type: "integer", description: "SSH port. Without it, the SSH configuration applies." },
  username: {
    type: "string",
    description: "User to log in as. Without it, the SSH configuration applies.",
  },
  password: { type: "string", description: "Password to log in with.", secret: true },
  private_key: {
    type: "string",
    description: "Private key to log in with: its text, or its path on the agent's host.",
    secret: true,
  },
  passphrase: { type: "string", description: "Passphrase of the private key.", secret: true },
  bastion_host: { type: "string", description: "Host through which the connection is made." },
  cwd: {
    type: "string",
    description: "Working directory where the command will be executed in",
    default: "/tmp",
  },
  ...ENVIRONMENT,
  ...KWARG_OP,
  ...SUDO,
  ...timeout(60),
  parallel: {
    type: "boolean",
    description: "Run on all hosts at once; `concurrency` bounds it.",
    default: false,
    immutable: true,
  },
  ...TERMINAL,
  host_key_checking: {
    type: "string",
    description: "accept-new accepts the key of an unknown host, strict refuses it, off checks no key.",
    enum: ["accept-new", "strict", "off"],
    default: "accept-new",
  },
  connect_timeout: {
    type: "integer",
    description: "Seconds to wait for a connection.",
    default: 20,
    minimum: 1,
  },
  concurrency: {
    type: "integer",
    description: "Hosts that run at the same time.",
    default: CONCURRENCY,
    minimum: 1,
  },
  allow_partial_failure: {
    type: "boolean",
    description: "Succeed when some hosts fail, as long as one succeeds.",
    default: false,
  },
};

const HOST_LIST: Parameters[string] = { type: "array", items: { type: "string" }, required: false };

const HTTP: Parameters = {
  url: { type: "string", description: "URL to the HTTP endpoint.", required: true },
  headers: { type: "object", description: "HTTP headers for the request." },
  cookies: { type: "object", description: "Optional cookies to send with the request." },
  allow_redirects: { type: "boolean", description: "Follow redirects.", default: false },
  username: { type: "string", description: "Username required by basic authentication." },
  password: { type: "string", description: "Password required by basic authentication.", secret: true },
  http_proxy: { type: "string", description: "URL of the proxy for http:// (http://10.10.1.10:3128)." },
  https_proxy: { type: "string", description: "URL of the proxy for https:// (http://10.10.1.10:3128)." },
  verify_ssl_cert: { type: "boolean", description: "Check the server's certificate.", default: true },
  url_hosts_blacklist: { ...HOST_LIST, description: "Hosts that the action may not reach." },
  url_hosts_whitelist: { ...HOST_LIST, description: "The only hosts that the action may reach." },
};

const REMOTE_FOLDER = "Folder on the host that a script and its libraries are copied to for the run.";

/** The runners, with StackStorm's parameters and defaults; docs/runners.md names our additions. */
export const RUNNER_TYPES: Record<RunnerName, RunnerType> = {
  "local-shell-cmd": runner("local-shell-cmd", "A command on the agent's host.", "local_runner", {
    cmd: { type: "string", description: "Arbitrary Linux command to be executed on the local host." },
    ...LOCAL,
  }),
  "local-shell-script": runner("local-shell-script", "A pack's script on the agent's host.", "local_runner", {
    ...LOCAL,
    ...CONTENT,
  }),
  "remote-shell-cmd": runner("remote-shell-cmd", "A command on other hosts, over SSH.", "remote_runner", {
    cmd: { type: "string", description: "Arbitrary Linux command to be executed on the remote host(s)." },
    ...SSH,
    dir: { type: "string", description: REMOTE_FOLDER, default: "/tmp", immutable: true },
  }),
  "remote-shell-script": runner(
    "remote-shell-script",
    "A pack's script on other hosts, over SSH.",
    "remote_runner",
    { ...SSH, dir: { type: "string", description: REMOTE_FOLDER, default: "/tmp" }, ...CONTENT },
  ),
  "python-script": runner("python-script", "A pack's Python action.", "python_runner", {
    ...ENVIRONMENT,
    ...timeout(600),
    log_level: {
      type: "string",
      description: "Lowest level of the messages that the action's logger writes.",
      enum: ["AUDIT", "CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG"],
      default: "DEBUG",
    },
    ...CONTENT,
  }),
  noop: runner("noop", "Does nothing, and succeeds.", "noop_runner", {}),
  "action-chain": runner(
    "action-chain",
    "A chain of other actions, run one after another.",
    "action_chain_runner",
    {
      skip_notify: {
        type: "array",
        description: "List of tasks to skip notifications for.",
        default: [],
      },
      display_published: {
        type: "boolean",
        description: "Intermediate published variables will be stored and displayed.",
        default: true,
      },
    },
  ),
  "http-request": runner("http-request", "An HTTP request from the agent's host.", "http_runner", HTTP),
};

/** The runner of an action that is to be run. Throws if Tailrace does not have it. */
export function runnerOf({ pack, name, runner_type }: ActionSpec): RunnerType {
  if (isHere(runner_type)) return RUNNER_TYPES[runner_type];
  throw new TailraceError("runner_missing", missingText(`${pack}.${name}`, runner_type));
}

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
    output_key: outputKey(name),
    output_schema: outputSchema(name),
  };
}

/** A stable id of 24 hex digits: runners are part of the program, so they have no row. Their list only grows at its end. */
function runnerId(name: RunnerName): string {
  return (RUNNERS.indexOf(name) + 1).toString(16).padStart(24, "0");
}
