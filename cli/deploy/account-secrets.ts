import { dirname, join } from "node:path";
import * as v from "valibot";
import { tryJson } from "../../protocol/base/json.ts";
import { CliError } from "../base/errors.ts";
import { readOptional } from "../base/optional-file.ts";
import { writeWhole } from "../base/write-whole.ts";
import { newSecrets } from "../server/secrets.ts";

/** The secrets that the Worker cannot do without. */
export const REQUIRED = ["TAILRACE_API_KEY", "TAILRACE_SECRET"] as const;

/** Secrets of an account. The file lacks those that the account had already. */
const Kept = v.pipe(
  v.looseObject({
    TAILRACE_API_KEY: v.exactOptional(v.string()),
    TAILRACE_SECRET: v.exactOptional(v.string()),
  }),
  v.check((kept) => REQUIRED.some((one) => kept[one] !== undefined)),
);
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

/**
 * The secrets that an account lacks: those of the file, else new ones. New ones are in the file before the account gets them: what it
 * seals opens only with them.
 */
export function secretsFor(file: string, missing: readonly (typeof REQUIRED)[number][]): AccountSecrets {
  const kept = readSecrets(file) ?? {};
  const made = newSecrets();
  const given = Object.fromEntries(missing.map((one) => [one, kept[one] ?? made[one]]));
  const all = { ...kept, ...given };
  if (Object.keys(all).length > Object.keys(kept).length) writeWhole(file, `${JSON.stringify(all)}\n`);
  return given;
}
