import { resolve } from "node:path";
import * as v from "valibot";
import { CliError } from "../base/errors.ts";
import { type Backup, backUp, hasState } from "../server/backup/backup.ts";
import { tellServer } from "../server/control.ts";
import { lockState } from "../server/lock.ts";

const Answer = v.object({ files: v.number(), bytes: v.number(), paused_ms: v.number() });

/** Copies a state folder: by its server, if one runs, else here. */
export async function backUpState(state: string, folder: string): Promise<Backup> {
  if (!hasState(state))
    throw new CliError(`The folder ${state} has no server's state. Name the state folder: --state DIR.`);
  const answer = await tellServer(state, "backup", resolve(folder));
  if (answer && answer.status !== 200) throw new CliError(answer.text);
  if (answer) return v.parse(Answer, JSON.parse(answer.text));
  const lock = await lockState(state);
  try {
    return await backUp(state, resolve(folder));
  } finally {
    lock.release();
  }
}
