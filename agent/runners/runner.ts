import { existsSync, realpathSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import type { EndExecution, LeasedExecution } from "../../protocol/wire/agent.ts";
import { refuseLinksOut } from "../packs/inside.ts";
import type { LoadedPack } from "../packs/load.ts";
import type { Exit, OnData } from "../process/child.ts";
import type { Ended } from "../process/result.ts";
import type { SshSettings } from "../ssh/connection.ts";

/** The end of an execution, without the spool's part. */
export type End = Omit<EndExecution, "last_seq">;

/** What a runner gets from its agent. */
export interface RunnerHost {
  /** The server's URL, for actions. */
  url: string;
  /** The pack of the action. */
  pack: LoadedPack;
  /** The action's entry point on this host. */
  script: string | undefined;
  /** The path of this run's own socket. */
  job_socket: string;
  /** The token of the run's user, for its program; undefined if the server gives none. */
  auth_token: string | undefined;
  /** The folder of the Python environment that all packs share, if there is one. */
  shared_python: string;
  /** This run's private folder, which is removed at its end. */
  folder: string;
  ssh: SshSettings;
  /** Masks the beginning of a longer text. Leaves out what may be the start of a secret at its end. */
  maskBeginning: (text: string) => string;
}

/** The texts of the streams, for the result. */
export interface StreamTexts {
  stdout: unknown;
  stderr: unknown;
}

/** A started action. */
export interface Running {
  /** The leader of its process group; undefined without a process. */
  pid: number | undefined;
  /** Resolves once the action itself runs, if that is later than the start of its process. Its timeout begins then. */
  begun?: Promise<unknown>;
  /** Resolves once the process has exited. Its pipes may not have been read yet. */
  exited?: Promise<void>;
  /** Resolves once the process has exited and its pipes have been read. */
  exit: Promise<Exit>;
  /** Ends it in the runner's own way, if signals to the group do not reach all of it. Resolves when that is done. */
  hangUp?: () => Promise<void>;
  /** The execution's end, from the process's end. */
  end: (exit: Exit, ended: Ended, texts: StreamTexts) => End;
}

/** Starts an action whose parameters have been rendered. Throws with a text for the user. */
export type Runner = (execution: LeasedExecution, host: RunnerHost, onData: OnData) => Promise<Running>;

/** The script of an action. Throws if it now leads out of the pack, or a file does that it may import from the pack. */
export function requiredScript({ action }: LeasedExecution, { pack, script }: RunnerHost): string {
  if (script === undefined) throw new Error(`The action ${action.pack}.${action.name} names no entry_point.`);
  const root = realpathSync(pack.folder);
  const beside = existsSync(script) ? [join(relative(root, dirname(script)), "lib")] : [];
  refuseLinksOut(root, [join("actions", "lib"), "lib", ...beside]);
  return script;
}
