import { Command } from "commander";
import { type ConfigFlags, readConfig } from "../config.ts";
import { CliError } from "../errors.ts";

/** `tailrace agent`: the agent of this host, in the foreground. Its own flags are passed on. */
export function agentCommand(): Command {
  return new Command("agent")
    .description("run actions on this host for a server")
    .option("--url <url>", "the server (TAILRACE_URL)")
    .option("--key-file <file>", "a file with the agent's API key (TAILRACE_API_KEY)")
    .option("--state <dir>", "folder for the agent's id and its spools", ".tailrace/agent")
    .allowUnknownOption()
    .allowExcessArguments()
    .addHelpText(
      "after",
      "\nFurther options are the agent's: node agent/main.ts --help\n\nExamples:\n  $ tailrace agent --url https://tailrace.example.com --slots 8 --packs /opt/stackstorm/packs/mine",
    )
    .action(async (flags: ConfigFlags & { state: string }, command: Command) => {
      const { url, key } = readConfig(flags);
      const { agentProgram } = await import("../local/agent-program.ts");
      const program = await agentProgram(flags.state);
      const args = [...program, "--url", url, "--state", flags.state, ...command.args];
      // The agent takes this process's place, and with it its terminal, its signals and its supervisor.
      process.execve?.(process.execPath, [process.execPath, ...args], {
        ...process.env,
        TAILRACE_API_KEY: key,
      });
      throw new CliError("This system cannot start the agent in this way: node agent/main.ts --help");
    });
}
