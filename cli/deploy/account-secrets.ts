import { dirname, join } from "node:path";
import * as v from "valibot";
import { tryJson } from "../../protocol/base/json.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";
import { newSecrets } from "../server/secrets.ts";

/** The secrets that the Worker cannot do without. */
export const REQUIRED = ["TAILRACE_API_KEY", "TAILRACE_SECRET"] as const;

const Kept = v.object({ TAILRACE_API_KEY: v.string(), TAILRACE_SECRET: v.string() });
export type AccountSecrets = v.InferOutput<typeof Kept>;

/** The file of an environment's secrets, beside that of its settings. An account does not show its secrets. */
export function secretsFile(settings_file: string, environment: string): string {
  return join(dirname(settings_file), `deploy-${environment}.secrets.json`);
}

/** The kept secrets; undefined if there are none. */
export function readSecrets(file: string): AccountSecrets | undefined {
  const text = readOptional(file);
  if (text === undefined) return undefined;
  const kept = v.safeParse(Kept, tryJson(text));
  if (kept.success) return kept.output;
  throw new CliError(
    `${file} has no secrets. Restore the file from a backup, or move it away if the account has none yet.`,
  );
}

/** The kept secrets, or new ones. They are kept before the account gets them: what it seals opens only with them. */
export function keptSecrets(file: string): AccountSecrets {
  const kept = readSecrets(file);
  if (kept !== undefined) return kept;
  const { TAILRACE_API_KEY, TAILRACE_SECRET } = newSecrets();
  const made = { TAILRACE_API_KEY, TAILRACE_SECRET };
  writeWhole(file, `${JSON.stringify(made)}\n`);
  return made;
}
