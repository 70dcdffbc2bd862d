import { Command } from "commander";
import { CliError } from "../base/errors.ts";
import { readKeyFile, readServer } from "../settings/config.ts";
import { agentListCommand, agentRevokeCommand } from "./agent-list.ts";

interface AgentFlags {
  url?: string;
  keyFile?: string;
  state: string;
}

/** `tailrace agent`: the agent of this host, in the foreground. Its own flags are passed on. `list` and `revoke` are about all. */
export function agentCommand(): Command {
  return (
    new Command("agent")
      .description("run actions on this host for a server; list and revoke agents")
      // Options after a subcommand's name belong to the subcommand.
      .enablePositionalOptions()
      .option("--url <url>", "the server (TAILRACE_URL)")
      .option("--key-file <file>", "a file with the pool's key, to register with (TAILRACE_API_KEY)")
      .option("--state <dir>", "folder for the agent's identity and its spools", ".tailrace/agent")
      .allowUnknownOption()
      .allowExcessArguments()
      .addHelpText(
        "after",
        "\nFurther options are the agent's: node agent/main.ts --help\n\nExamples:\n  $ tailrace agent --url https://tailrace.example.com --slots 8 --packs /opt/stackstorm/packs/mine\n  $ tailrace agent list",
      )
      .action(runAgent)
      .addCommand(agentListCommand())
      .addCommand(agentRevokeCommand())
  );
}

/** The key is a pool's, or none where the state folder has an identity: a user's settings have no key for it. */
async function runAgent({ state, ...flags }: AgentFlags, command: Command): Promise<void> {
  const { url } = readServer(flags);
  const { agentProgram } = await import("../local/agent-program.ts");
  const program = await agentProgram(state);
  const args = [...program, "--url", url, "--state", state, ...command.args];
  const key = flags.keyFile === undefined ? {} : { TAILRACE_API_KEY: readKeyFile(flags.keyFile) };
  // The agent takes this process's place, and with it its terminal, its signals and its supervisor.
  process.execve?.(process.execPath, [process.execPath, ...args], { ...process.env, ...key });
  throw new CliError("This system cannot start the agent in this way: node agent/main.ts --help");
}
