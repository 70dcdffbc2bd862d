import { Command, Option } from "commander";
import { AGENT_SETTINGS, agentSettingText } from "../../protocol/settings/agent.ts";
import { CliError } from "../base/errors.ts";
import { replaceProcess } from "../base/replace-process.ts";
import { AGENT_STATE, checkedAgentSettings, findAgentSettings } from "../settings/agent-config.ts";
import { readServer } from "../settings/config.ts";
import { agentDrainCommand, agentListCommand, agentResumeCommand, agentRevokeCommand } from "./agent-list.ts";

/** The flags by their settings' names, and the settings file. */
type AgentFlags = Record<string, string | string[] | boolean | undefined> & { config?: string };

/** `tailrace agent`: runs this host's agent in the foreground and passes its flags on to it. */
export function agentCommand(): Command {
  const command = new Command("agent")
    .description("run actions on this host for a server; list, drain and revoke agents")
    // Options after a subcommand's name belong to the subcommand.
    .enablePositionalOptions();
  for (const option of agentOptions()) command.addOption(option);
  return command
    .addHelpText(
      "after",
      "\nExamples:\n  $ tailrace agent --url https://tailrace.example.com --slots 8 --packs /opt/stackstorm/packs/mine\n  $ tailrace agent --config /etc/tailrace/agent.toml\n  $ tailrace agent list",
    )
    .action(runAgent)
    .addCommand(agentListCommand())
    .addCommand(agentDrainCommand())
    .addCommand(agentResumeCommand())
    .addCommand(agentRevokeCommand());
}

function agentOptions(): Option[] {
  const settings = Object.entries(AGENT_SETTINGS).flatMap(([name, setting]) => {
    const { kind, flag, word } = setting;
    if (flag === undefined) return [];
    const option = new Option(
      word === undefined ? flag : `${flag} <${word.toLowerCase()}>`,
      agentSettingText(name, setting),
    );
    option.attributeName = () => name;
    return kind === "list" ? [option.argParser(gathered)] : [option];
  });
  return [
    ...settings,
    new Option("--config <file>", "read settings from a file (TOML)").env("TAILRACE_AGENT_CONFIG"),
  ];
}

function gathered(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** The key is a pool's. It is not needed once the state folder has an identity, so the user's settings are not asked for one. */
async function runAgent({ config, ...flags }: AgentFlags): Promise<void> {
  const settings = checkedAgentSettings(findAgentSettings(flags, config));
  const { state = AGENT_STATE } = settings;
  const url = settings.url ?? readServer({}).url;
  const { findAgent } = await import("../local/programs.ts");
  const program = await findAgent(state);
  const own = config === undefined ? {} : { config };
  const args = argumentsOf({ ...own, ...flags, url, state });
  // The agent takes this process's place, and with it its terminal, its signals and its supervisor.
  await replaceProcess([...program, ...args], process.env);
  throw new CliError(
    "This system cannot replace a process. Start the agent's own program instead: tailrace-agent --help",
  );
}

/** The agent's command line. */
function argumentsOf(flags: AgentFlags): string[] {
  return Object.entries(flags).flatMap(([name, given]) => {
    const flag = Object.entries(AGENT_SETTINGS).find(([key]) => key === name)?.[1].flag ?? `--${name}`;
    if (given === undefined || given === false) return [];
    if (given === true) return [flag];
    return [given].flat().map((value) => `${flag}=${value}`);
  });
}
