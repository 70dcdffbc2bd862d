import { hostname } from "node:os";
import { Argument, Command, Option } from "commander";
import * as v from "valibot";
import { shownUrl } from "../../protocol/base/server-url.ts";
import { AGENT_SETTINGS, AgentSettings } from "../../protocol/settings/agent.ts";
import type { Given, SettingsTable } from "../../protocol/settings/setting.ts";
import { AGENT_STATE, findAgentSettings } from "../settings/agent-config.ts";
import { type ConfigFlags, findClientSettings } from "../settings/config.ts";
import { findServerSettings, type ServerPlace, withServerPlace } from "../settings/server-config.ts";
import { SERVER_SETTINGS, standardOf } from "../settings/server-settings.ts";
import { printJson } from "../terminal/print.ts";
import { printTable } from "../terminal/table.ts";
import { withExamples } from "./options.ts";

const PARTS = ["client", "agent", "server"] as const;
type Part = (typeof PARTS)[number];

/** A setting as it is shown. A secret has no value here. */
interface Row {
  part: Part;
  setting: string;
  value: unknown;
  /** The source: a flag, a variable, a place in a file, or the default. */
  from: string;
}

interface Flags extends ConfigFlags, ServerPlace {
  agentConfig?: string;
  json?: boolean;
}

/** `tailrace config`: the settings of this host's programs, and where each comes from. */
export function configCommand(): Command {
  const command = withExamples(
    new Command("config").description(
      "show each setting of client, agent and local server, and where it comes from",
    ),
    ["tailrace config", "tailrace config server --state /var/lib/tailrace", "tailrace config agent --json"],
  )
    .addArgument(new Argument("[part]", "show only the settings of this program").choices(PARTS))
    .option("--url <url>", "the server's URL, for the client (TAILRACE_URL)")
    .option("--key-file <file>", "the file with the client's API key (TAILRACE_API_KEY)")
    .addOption(new Option("--agent-config <file>", "the agent's settings file").env("TAILRACE_AGENT_CONFIG"));
  return withServerPlace(command)
    .option("-j, --json", "print JSON")
    .action((part: Part | undefined, flags: Flags) => {
      const rows = PARTS.filter((one) => part === undefined || one === part).flatMap((one) =>
        ROWS_OF[one](flags),
      );
      if (flags.json) return printJson(rows);
      printTable(
        ["program", "setting", "value", "from"],
        rows.map(({ part, setting, value, from }) => [part, setting, textOf(value), from]),
        { wraps: ["value", "from"], drops: ["program", "from"] },
      );
    });
}

const ROWS_OF: Record<Part, (flags: Flags) => Row[]> = {
  client: (flags) =>
    Object.entries(findClientSettings(flags)).map(([setting, { value, source }]) => ({
      part: "client",
      setting,
      value: setting === "key" && value !== undefined ? HIDDEN : (value ?? null),
      from: source ?? "nothing gives it",
    })),
  agent: ({ agentConfig }) =>
    rowsOf("agent", AGENT_SETTINGS, findAgentSettings({}, agentConfig), (name) => AGENT_STANDARDS[name]),
  server: ({ state, config }) =>
    rowsOf(
      "server",
      SERVER_SETTINGS,
      findServerSettings({ state, ...(config === undefined ? {} : { config }) }).given,
      standardOf,
    ),
};

const HIDDEN = "(hidden)";

/** What `tailrace agent` uses by itself. */
const AGENT_STANDARDS: Record<string, unknown> = {
  ...v.getDefaults(AgentSettings),
  name: hostname(),
  state: AGENT_STATE,
};

function rowsOf(
  part: Part,
  table: SettingsTable,
  given: ReadonlyMap<string, Given>,
  standard: (name: string) => unknown,
): Row[] {
  return Object.entries(table).map(([setting, { is_secret }]) => {
    const found = given.get(setting);
    if (found === undefined) return { part, setting, value: standard(setting) ?? null, from: "default" };
    const value = is_secret ? HIDDEN : setting === "url" ? shownUrl(String(found.value)) : found.value;
    return { part, setting, value, from: found.place };
  });
}

function textOf(value: unknown): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join("\n") : String(value);
}
