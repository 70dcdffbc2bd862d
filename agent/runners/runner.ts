import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { EndExecution, LeasedExecution } from "../../protocol/wire/agent.ts";
import { refuseLinksOut } from "../packs/inside.ts";
import type { LoadedPack } from "../packs/load.ts";
import type { Exit, OnData } from "../process/child.ts";
import type { Ended } from "../process/result.ts";
import type { SshSettings } from "../ssh/connection.ts";

/** The end of an execution but for what the spool knows. */
export type End = Omit<EndExecution, "last_seq">;

/** What a runner is given of its host. */
export interface RunnerHost {
  /** The server, as actions are told it. */
  url: string;
  /** The pack of the action. */
  pack: LoadedPack;
  /** The action's entry point on this host. */
  script: string | undefined;
  /** The socket that only this run has. */
  job_socket: string;
  /** A private folder of this run, which is removed at its end. */
  folder: string;
  ssh: SshSettings;
  /** Masks the beginning of a text that goes on: what may be the start of a secret at its end is left out. */
  maskBeginning: (text: string) => string;
}

/** What a stream held, as the result repeats it. */
export interface StreamTexts {
  stdout: unknown;
  stderr: unknown;
}

/** An action that has been started. */
export interface Running {
  /** The leader of its process group; undefined where there is no process. */
  pid: number | undefined;
  /** Resolves once the action itself runs, where that is later than its process: from then on its timeout counts. */
  begun?: Promise<unknown>;
  /** Resolves once the process has exited, where that is before its pipes have been read. */
  exited?: Promise<void>;
  /** Resolves once the process has exited and its pipes have been read. */
  exit: Promise<Exit>;
  /** Ends it in the runner's own way, where signals to the group do not reach all of it. Resolves when that is done. */
  hangUp?: () => Promise<void>;
  /** How the execution ends, by how the process did. */
  end: (exit: Exit, ended: Ended, texts: StreamTexts) => End;
}

/** Starts an action whose parameters have been rendered. Throws what a user can mend. */
export type Runner = (execution: LeasedExecution, host: RunnerHost, onData: OnData) => Promise<Running>;

/** The script of an action. Throws where it, or what it may import from its pack, leads out of the pack by now. */
export function requiredScript({ action }: LeasedExecution, { pack, script }: RunnerHost): string {
  if (script === undefined) throw new Error(`The action ${action.pack}.${action.name} names no entry_point.`);
  const root = realpathSync(pack.folder);
  const beside = existsSync(script) ? [join(relative(root, dirname(script)), "lib")] : [];
  refuseLinksOut(root, [join("actions", "lib"), "lib", ...beside]);
  return script;
}
