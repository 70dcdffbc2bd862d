import type { AgentRunnerName } from "../../protocol/model/action.ts";
import { http } from "./http.ts";
import { localCommand, localScript } from "./local.ts";
import { noop } from "./noop.ts";
import { python } from "./python.ts";
import { remoteCommand, remoteScript } from "./remote.ts";
import type { Runner } from "./runner.ts";

/** Every runner that an agent announces, and its implementation. */
export const RUNNER_OF: Record<AgentRunnerName, Runner> = {
  "local-shell-cmd": localCommand,
  "local-shell-script": localScript,
  "remote-shell-cmd": remoteCommand,
  "remote-shell-script": remoteScript,
  "python-script": python,
  noop,
  "http-request": http,
};
