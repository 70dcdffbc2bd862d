import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { Command } from "commander";
import { type ConfigFlags, readConfig } from "../config.ts";

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
      const agent = spawn(
        process.execPath,
        [
          resolve(import.meta.dirname, "../../agent/main.ts"),
          "--url",
          url,
          "--state",
          flags.state,
          ...command.args,
        ],
        { stdio: "inherit", env: { ...process.env, TAILRACE_API_KEY: key } },
      );
      // A terminal's Ctrl-C reaches the agent by itself; what is sent to this process alone is passed on.
      process.on("SIGINT", () => undefined);
      process.on("SIGTERM", () => agent.kill("SIGTERM"));
      const [code] = await once(agent, "exit");
      process.exitCode = code ?? 1;
    });
}
