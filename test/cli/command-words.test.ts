import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { separateWords } from "../../cli/commands/command-words.ts";
import { executionCommand } from "../../cli/commands/execution.ts";
import { runCommand } from "../../cli/commands/run.ts";

const program = new Command("tailrace").addCommand(runCommand()).addCommand(executionCommand());

/** A command line, and what the parser gets for it. Words have no spaces here. */
const LINES: Record<string, [string, string][]> = {
  "keeps a letter and an unknown flag in the words of the command to run": [
    ["run core.local date -R", "run core.local -- date -R"],
    ["run core.local ls -a -j", "run core.local -- ls -a -j"],
    ["run core.local git log --oneline --help", "run core.local -- git log --oneline --help"],
    ["execution re-run last --tail date -R", "execution re-run last --tail -- date -R"],
  ],
  "takes a long flag that it knows, also after a word": [
    ["run core.local echo hello --tail", "run core.local --tail -- echo hello"],
    ["run core.local make --type stderr -k --tail all", "run core.local --type stderr --tail -- make -k all"],
    ["run core.local make --type=stderr all", "run core.local --type=stderr -- make all"],
    ["run core.local echo --keep 3 a=b", "run core.local --keep 3 -- echo a=b"],
    ["execution re-run last uptime --tail", "execution re-run last --tail -- uptime"],
  ],
  "takes nothing after --": [
    ["run core.local -- echo hello --tail", "run core.local -- echo hello --tail"],
    ["run core.local rm -- --tail", "run core.local -- rm -- --tail"],
    ["run core.local rm --json -- -x --tail", "run core.local --json -- rm -- -x --tail"],
  ],
  "leaves a line without words as it is": [
    ["run --url http://x core.local cmd=date --tail", "run --url http://x core.local cmd=date --tail"],
    ["run --type stderr core.local --type stdout cmd=x", "run --type stderr core.local --type stdout cmd=x"],
    ["execution list run", "execution list run"],
    ["run core.local", "run core.local"],
    ["", ""],
  ],
  "lets the parser report a flag without its value": [
    ["run core.local echo --tail --type", "run core.local --tail --type"],
  ],
};

describe.each(Object.entries(LINES))("the command line %s", (_, lines) => {
  it.each(lines)("%s", (typed, parsed) => {
    const words = (text: string) => text.split(" ").filter((word) => word !== "");
    expect(separateWords(words(typed), program)).toEqual(words(parsed));
  });
});
