import { readFileSync } from "node:fs";
import { failureText } from "../../protocol/base/failure-text.ts";
import { AGENT_SETTINGS, AgentSettings } from "../../protocol/settings/agent.ts";
import {
  checkedSettings,
  type Given,
  givenSettings,
  type SettingsFile,
} from "../../protocol/settings/setting.ts";
import { parseSettingsFile } from "../../protocol/settings/settings-file.ts";
import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";

/** The agent's state folder, if nothing names one. */
export const AGENT_STATE = ".tailrace/agent";

/** What flags, the environment and the file give to the agent. Throws for a file that cannot be used. */
export function findAgentSettings(
  flags: Readonly<Record<string, unknown>>,
  config: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): Map<string, Given> {
  const file = config === undefined ? undefined : readSettingsFile(config);
  return givenSettings(AGENT_SETTINGS, { flags, env, file });
}

function readSettingsFile(file: string): SettingsFile {
  try {
    return parseSettingsFile(readFileSync(file, "utf8"), file, AGENT_SETTINGS);
  } catch (error) {
    throw new CliError(`The settings file cannot be used: ${failureText(error)}`, EXIT.usage);
  }
}

/** The agent's settings, checked. Throws for a wrong one. */
export function checkedAgentSettings(given: ReadonlyMap<string, Given>): AgentSettings {
  try {
    return checkedSettings(AgentSettings, given);
  } catch (error) {
    throw new CliError(`${failureText(error)}. See: tailrace agent --help`, EXIT.usage);
  }
}
