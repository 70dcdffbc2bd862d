import { createHash } from "node:crypto";
import { once } from "node:events";
import { realpathSync } from "node:fs";
import { createServer } from "node:net";
import { CliError } from "../base/errors.ts";
import { makeFolder } from "../base/make-folder.ts";

/**
 * Locks a state folder for one server, and makes it if it does not exist: two engines would damage the store. The lock is a
 * socket without a file, which the kernel releases however the process ends.
 */
export async function lockState(state: string): Promise<{ release: () => void }> {
  makeFolder(state);
  const folder = createHash("sha256").update(realpathSync(state)).digest("hex");
  const lock = createServer().unref();
  try {
    await once(lock.listen(`\0tailrace-state-${folder}`), "listening");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EADDRINUSE") {
      throw new CliError(
        `The state folder ${state} is in use by a running server. Stop that server, or choose another folder: --state DIR.`,
      );
    }
    throw error;
  }
  return { release: () => lock.close() };
}
