import { randomBytes } from "node:crypto";
import { join } from "node:path";
import * as v from "valibot";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";

/** The secrets of a local server: its first key, and the secret that signs its leases. */
const Secrets = v.object({
  TAILRACE_API_KEY: v.string(),
  TAILRACE_SECRET: v.string(),
  /** The previous secret, with which older data is still opened. */
  TAILRACE_SECRET_PREVIOUS: v.exactOptional(v.string()),
});
export type Secrets = v.InferOutput<typeof Secrets>;

/** New random secrets of 256 bits each. */
export function newSecrets(): Secrets {
  const random = () => randomBytes(32).toString("base64url");
  return { TAILRACE_API_KEY: `tr_${random()}`, TAILRACE_SECRET: random() };
}

/** The secrets of a state folder, made at first start; only the owner can read them. */
export function secretsOf(state: string): Secrets {
  const file = join(state, "secrets.json");
  const kept = readOptional(file);
  if (kept !== undefined) return readSecrets(file, kept);
  const secrets = newSecrets();
  writeWhole(file, `${JSON.stringify(secrets)}\n`);
  return secrets;
}

function readSecrets(file: string, text: string): Secrets {
  try {
    return v.parse(Secrets, JSON.parse(text));
  } catch (error) {
    throw new CliError(
      `The server's secrets in ${file} cannot be read: ${failureText(error)}. Restore the file from a backup: the stored data opens only with these secrets.`,
    );
  }
}
