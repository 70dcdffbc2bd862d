import { existsSync } from "node:fs";
import { join } from "node:path";
import { CliError } from "../base/errors.ts";
import { writeWhole } from "../base/write-whole.ts";
import { lockState } from "./lock.ts";
import { newSecrets, secretsOf } from "./secrets.ts";

/**
 * Gives the server of a state folder a new secret. The present one becomes the previous one, with which leases, links and stored values
 * are still opened. A second rotation would lose what only the older one opens, so it has to be asked for.
 */
export async function rotateSecret(
  state: string,
  { forget_older }: { forget_older: boolean },
): Promise<void> {
  const file = join(state, "secrets.json");
  if (!existsSync(file))
    throw new CliError(`The folder ${state} has no server's state. Name the state folder: --state DIR.`);
  const lock = await lockState(state);
  try {
    const secrets = secretsOf(state);
    if (secrets.TAILRACE_SECRET_PREVIOUS !== undefined && !forget_older)
      throw new CliError(
        `${file} has a previous secret, and older values open only with it. To lose those values: tailrace secret rotate --state ${state} --forget-older`,
      );
    const { TAILRACE_SECRET } = newSecrets();
    const rotated = { ...secrets, TAILRACE_SECRET, TAILRACE_SECRET_PREVIOUS: secrets.TAILRACE_SECRET };
    writeWhole(file, `${JSON.stringify(rotated)}\n`);
  } finally {
    lock.release();
  }
}
