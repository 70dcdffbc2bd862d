import { scriptOf } from "../packs/load.ts";
import { readProcess } from "../process/table.ts";
import type { RunnerHost, Running } from "../runners/runner.ts";
import { RUNNER_OF } from "../runners/runners.ts";
import { hostOf } from "./expand.ts";
import { Output } from "./output.ts";
import type { RunParts } from "./parts.ts";
import type { Prepared } from "./prepare.ts";

/** A program that has started, and its output. */
export interface Started {
  running: Running;
  output: Output;
}

/** Starts the program of a prepared execution, and notes its process on disk. Throws if it cannot be started. */
export async function start(
  { execution, pack }: Prepared,
  { context, journal, spool, secrets, ending }: RunParts,
  {
    folder,
    job_socket,
    auth_token,
    notify,
  }: Pick<RunnerHost, "folder" | "job_socket" | "auth_token"> & { notify: () => void },
): Promise<Started> {
  const { client, home, ssh_alive_seconds, fsync } = context;
  const { action, stream_output } = execution;
  const gathers = fsync !== "always";
  const output = new Output({ spool, stream_output, secrets, notify, host: hostOf(execution), gathers });
  const host: RunnerHost = {
    url: client.url,
    pack,
    script: scriptOf(pack, action),
    job_socket,
    auth_token,
    shared_python: home.python,
    folder,
    ssh: { sockets: home.runtime, alive_seconds: ssh_alive_seconds },
    maskBeginning: (text) => secrets.maskBeginning(text),
  };
  const running = await RUNNER_OF[action.runner_type](execution, host, (type, bytes) =>
    output.write(type, bytes),
  );
  // With the start time, a restarted agent can recognise this process: its number may be used again.
  const { pid } = running;
  if (pid !== undefined) journal.noteProcess({ pid, start_ticks: readProcess(pid)?.start_ticks ?? 0 });
  ending.begun(running);
  return { running, output };
}
