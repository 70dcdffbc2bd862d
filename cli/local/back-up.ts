import { resolve } from "node:path";
import * as v from "valibot";
import { CliError } from "../base/errors.ts";
import { type Backup, backUp, hasState } from "../server/backup/backup.ts";
import { tellServer } from "../server/control.ts";
import { tryLock } from "../server/lock.ts";

const Answer = v.object({ files: v.number(), bytes: v.number(), paused_ms: v.number() });

/** Copies a state folder: by its server, if one runs, else here. The lock tells which: a killed server leaves its address behind. */
export async function backUpState(state: string, folder: string): Promise<Backup> {
  if (!hasState(state))
    throw new CliError(`The folder ${state} has no server's state. Name the state folder: --state DIR.`);
  const lock = await tryLock(state);
  if (lock === undefined) return backUpByServer(state, resolve(folder));
  try {
    return await backUp(state, resolve(folder));
  } finally {
    lock.release();
  }
}

async function backUpByServer(state: string, folder: string): Promise<Backup> {
  const answer = await tellServer(state, "backup", folder);
  if (answer === undefined)
    throw new CliError(
      `The state folder ${state} is in use, by a server that takes no commands: it starts just now, or is of another release. Try again, or stop it first.`,
    );
  if (answer.status !== 200) throw new CliError(answer.text);
  return v.parse(Answer, JSON.parse(answer.text));
}
