import { Command } from "commander";
import { CliError } from "../base/errors.ts";
import { replaceProcess } from "../base/replace-process.ts";
import { readKeyFile, readServer } from "../settings/config.ts";
import { agentListCommand, agentRevokeCommand } from "./agent-list.ts";

interface AgentFlags {
  url?: string;
  keyFile?: string;
  state: string;
}

/** `tailrace agent`: runs this host's agent in the foreground and passes further flags on to it. */
export function agentCommand(): Command {
  return (
    new Command("agent")
      .description("run actions on this host for a server; list and revoke agents")
      // Options after a subcommand's name belong to the subcommand.
      .enablePositionalOptions()
      .option("--url <url>", "the server's URL (TAILRACE_URL)")
      .option("--key-file <file>", "read the pool's key from a file, to register (TAILRACE_API_KEY)")
      .option("--state <dir>", "the folder for the agent's identity and spools", ".tailrace/agent")
      .allowUnknownOption()
      .allowExcessArguments()
      .addHelpText(
        "after",
        "\nFurther options go to the agent. To list them: node agent/main.ts --help\n\nExamples:\n  $ tailrace agent --url https://tailrace.example.com --slots 8 --packs /opt/stackstorm/packs/mine\n  $ tailrace agent list",
      )
      .action(runAgent)
      .addCommand(agentListCommand())
      .addCommand(agentRevokeCommand())
  );
}

/** The key is a pool's. It is not needed once the state folder has an identity, so the user's settings are not asked for one. */
async function runAgent({ state, ...flags }: AgentFlags, command: Command): Promise<void> {
  const { url } = readServer(flags);
  const { findAgent } = await import("../local/programs.ts");
  const program = await findAgent(state);
  const args = [...program, "--url", url, "--state", state, ...command.args];
  const key = flags.keyFile === undefined ? {} : { TAILRACE_API_KEY: readKeyFile(flags.keyFile) };
  // The agent takes this process's place, and with it its terminal, its signals and its supervisor.
  await replaceProcess(args, { ...process.env, ...key });
  throw new CliError(
    "This system cannot replace a process. Start the agent itself: node agent/main.ts --help",
  );
}
