import { Command, CommanderError } from "commander";
import { VERSION } from "../protocol/base/version.ts";
import { CliError, explanation } from "./base/errors.ts";
import { EXIT } from "./base/exit-codes.ts";
import { endTrace } from "./base/tracing.ts";
import { agentCommand } from "./commands/agent.ts";
import { apikeyCommand } from "./commands/apikey.ts";
import { auditCommand } from "./commands/audit.ts";
import { backupCommand, restoreCommand } from "./commands/backup.ts";
import { actionCommand, runnerCommand } from "./commands/catalog.ts";
import { separateWords } from "./commands/command-words.ts";
import { completeCommand, completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config.ts";
import { demoCommand } from "./commands/demo.ts";
import { deployCommand } from "./commands/deploy.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { executionCommand } from "./commands/execution.ts";
import { tailCommand } from "./commands/following.ts";
import { indexCommand } from "./commands/index-rebuild.ts";
import { keyCommand } from "./commands/key.ts";
import { loginCommand, logoutCommand, whoamiCommand } from "./commands/login.ts";
import { manCommand } from "./commands/man.ts";
import { packCommand } from "./commands/pack.ts";
import { poolCommand } from "./commands/pool.ts";
import { roleCommand } from "./commands/role.ts";
import { runCommand } from "./commands/run.ts";
import { secretCommand } from "./commands/secret.ts";
import { startCommand } from "./commands/start.ts";
import { userCommand } from "./commands/user.ts";
import { print, tell } from "./terminal/print.ts";

// A reader that closes the pipe (`| head`) is not a failure; a full disk is.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // A command that exits with an outcome has set another code until it knows the outcome.
    if (error.code === "EPIPE") process.exit();
    if (stream === process.stdout) tell(`The output cannot be written: ${error.message}`);
    process.exit(EXIT.failure);
  });
}

try {
  const program = tailrace();
  for (const command of everyCommand(program)) command.exitOverride();
  await program.parseAsync(separateWords(process.argv.slice(2), program), { from: "user" });
} catch (error) {
  process.exitCode = explain(error);
}
await endTrace(Number(process.exitCode ?? EXIT.success));
// A pipe takes 64 KiB at a time, and an exit drops the rest.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
);
// Exits here, because a connection that the server keeps open would keep the process running.
process.exit();

function tailrace(): Command {
  const program = new Command("tailrace");
  return program
    .description("Watch what a running action prints, anywhere in the world, as it happens.")
    .version(VERSION)
    .showHelpAfterError("(-h shows the help)")
    .addCommand(runCommand())
    .addCommand(tailCommand("tail"))
    .addCommand(executionCommand())
    .addCommand(actionCommand())
    .addCommand(runnerCommand())
    .addCommand(packCommand())
    .addCommand(keyCommand())
    .addCommand(loginCommand())
    .addCommand(logoutCommand())
    .addCommand(whoamiCommand())
    .addCommand(userCommand())
    .addCommand(apikeyCommand())
    .addCommand(roleCommand())
    .addCommand(poolCommand())
    .addCommand(auditCommand())
    .addCommand(agentCommand())
    .addCommand(startCommand())
    .addCommand(demoCommand())
    .addCommand(deployCommand())
    .addCommand(backupCommand())
    .addCommand(restoreCommand())
    .addCommand(secretCommand())
    .addCommand(indexCommand())
    .addCommand(doctorCommand())
    .addCommand(configCommand())
    .addCommand(completionCommand())
    .addCommand(completeCommand(program), { hidden: true })
    .addCommand(manCommand(program, VERSION))
    .addCommand(
      new Command("version").description("print this program's version").action(() => print(VERSION)),
    );
}

function everyCommand(command: Command): Command[] {
  return [command, ...command.commands.flatMap(everyCommand)];
}

/** Prints what went wrong, in one line, and returns the exit code. */
function explain(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.success : EXIT.usage;
  tell(explanation(error));
  return error instanceof CliError ? error.exit_code : EXIT.failure;
}
