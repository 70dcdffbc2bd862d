import { readFileSync } from "node:fs";
import { failureText } from "../../protocol/base/failure-text.ts";
import { AGENT_SETTINGS } from "../../protocol/settings/agent.ts";
import type { SettingsFile } from "../../protocol/settings/setting.ts";
import { parseSettingsFile } from "../../protocol/settings/settings-file.ts";

/** Names the settings file, if no flag does. */
const VARIABLE = "TAILRACE_AGENT_CONFIG";

/**
 * The settings file that a flag or the environment names. No file is read unasked: an agent of a checkout must not take the settings of
 * the host's service. Throws if it cannot be read.
 */
export function readSettingsFile(flag: string | undefined, env: NodeJS.ProcessEnv): SettingsFile | undefined {
  const name = flag ?? (env[VARIABLE] || undefined);
  if (name === undefined) return undefined;
  let text: string;
  try {
    text = readFileSync(name, "utf8");
  } catch (error) {
    const place = flag === undefined ? VARIABLE : "--config";
    throw new Error(`${place}: the settings file cannot be read: ${failureText(error)}.`);
  }
  return parseSettingsFile(text, name, AGENT_SETTINGS);
}
