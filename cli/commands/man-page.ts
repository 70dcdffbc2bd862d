import type { Command } from "commander";
import { troff, troffEntry, troffLine } from "../base/troff.ts";

/** The manual page of a program, as troff with the macros of man(7), from the definitions of its commands. */
export function manPage(program: Command, version: string): string {
  const name = program.name();
  return [
    `.TH ${name.toUpperCase()} 1 "" "${name} ${version}" "User Commands"`,
    ".SH NAME",
    `${troff(name)} \\- ${troff(withoutPeriod(program.description()))}`,
    ".SH SYNOPSIS",
    `.B ${troff(name)}`,
    "\\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
    ".SH DESCRIPTION",
    troffLine(program.description()),
    ".SH COMMANDS",
    ...leaves(program).flatMap((command) => section(command)),
    ".SH EXIT STATUS",
    troffLine(
      "0: the command has done what it was asked for. 1: it has failed. 2: the command line is wrong. A command that exits with an execution's outcome has the action's own exit code, 124 after a timeout and 130 after a cancel. 130 also after Ctrl-C. 141: with --exit-status, stdout was closed before the outcome was known.",
    ),
    ".SH FILES",
    ...troffEntry(".I ~/.config/tailrace/config.yaml", "The server's URL and a key."),
    ...troffEntry(".I .tailrace/tailrace.toml", "The settings of the local server."),
    "",
  ].join("\n");
}

/** The commands that do something, each with the names before it. */
function leaves(command: Command, before: readonly string[] = []): { command: Command; path: string }[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== "help")
    .flatMap((one) => {
      const path = [...before, one.name()];
      const below = leaves(one, path);
      const acts = below.length === 0 || one.options.length > 0 || one.registeredArguments.length > 0;
      return acts ? [{ command: one, path: path.join(" ") }, ...below] : below;
    });
}

function section({ command, path }: { command: Command; path: string }): string[] {
  const words = command.registeredArguments.map((one) => {
    const name = one.variadic ? `${one.name()}...` : one.name();
    return one.required ? `\\fI${troff(name)}\\fR` : `[\\fI${troff(name)}\\fR]`;
  });
  const described = [
    ...command.registeredArguments.map((one) => [`\\fI${troff(one.name())}\\fR`, one.description]),
    ...command
      .createHelp()
      .visibleOptions(command)
      .filter(({ long }) => long !== "--help")
      .map(({ flags, description }) => [`\\fB${troff(flags)}\\fR`, description]),
  ];
  return [
    `.SS "${[troff(path), ...words].join(" ")}"`,
    troffLine(`${sentence(command.description())}.`),
    ...described.flatMap(([term = "", meaning = ""]) =>
      troffEntry(term, meaning === "" ? "No description." : meaning),
    ),
  ];
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function withoutPeriod(words: string): string {
  return words.replace(/\.$/, "");
}
