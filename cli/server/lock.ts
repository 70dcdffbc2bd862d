import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { createServer } from "node:net";
import { CliError } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";

export interface Lock {
  release: () => void;
}

/** Locks a state folder for one server, and makes it if it does not exist: two engines would damage the store. */
export async function lockState(state: string): Promise<Lock> {
  const lock = await tryLock(state);
  if (lock === undefined)
    throw new CliError(
      `The state folder ${state} is in use by a running server. Stop that server, or choose another folder: --state DIR.`,
    );
  return lock;
}

/** The same; undefined if another process has locked it. The lock is a socket without a file, which the kernel releases however the process ends. */
export async function tryLock(state: string): Promise<Lock | undefined> {
  makeFolder(state);
  const folder = createHash("sha256").update(realpathSync(state)).digest("hex");
  const lock = createServer().unref();
  try {
    await once(lock.listen(`\0tailrace-state-${folder}`), "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") return undefined;
    throw error;
  }
  return { release: () => lock.close() };
}
