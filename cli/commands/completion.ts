import { Argument, Command } from "commander";
import type { ConfigFlags } from "../settings/config.ts";
import { connect } from "../settings/connect.ts";
import { print } from "../terminal/print.ts";
import { nameText } from "../terminal/words.ts";
import { COMPLETION_SCRIPTS, SHELLS, type Shell } from "./completion-scripts.ts";
import { withExamples } from "./options.ts";
import { type Asked, serverOf, suggest, type Word } from "./suggest.ts";

/** How long a key press may wait for the server. */
const ANSWER_MS_MAX = 1_000;

/** The newest executions that are offered. */
const EXECUTIONS_MAX = 20;

/** A word of the server. A shell puts it into the command line as it is, so one with another letter could be a command. */
const SERVER_WORD = /^\w[\w.-]*$/;

/** `tailrace completion`: prints the script by which a shell completes commands, flags and values. */
export function completionCommand(): Command {
  return withExamples(
    new Command("completion").description("print the script that completes tailrace in a shell"),
    [
      "source <(tailrace completion bash)",
      "tailrace completion bash > ~/.local/share/bash-completion/completions/tailrace",
      "tailrace completion zsh > ~/.zfunc/_tailrace",
      "tailrace completion fish > ~/.config/fish/completions/tailrace.fish",
    ],
  )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: Shell) => {
      process.stdout.write(COMPLETION_SCRIPTS[shell]);
    });
}

/** `tailrace complete`, which the scripts call: prints the words that may stand at the cursor. */
export function completeCommand(program: Command): Command {
  return new Command("complete")
    .description("print the words that may stand in place of the last one")
    .argument("[words...]", "the command line up to the cursor")
    .action(async (typed: string[]) => {
      const { words, asked } = suggest(program, typed);
      const told = asked === undefined ? [] : await ask(asked, serverOf(program, typed));
      const all = [...words, ...told.filter(({ value }) => SERVER_WORD.test(value))];
      // A shell may have parted the last word at its =.
      const current = (typed.at(-1) ?? "").replace(/^(--[^=]+)?=/, "");
      for (const { value, text } of all)
        if (value.startsWith(current)) print(`${nameText(value)}\t${nameText(text)}`);
    });
}

/** Words of the server. It may not answer, or not in time: then there are none. */
async function ask(asked: Asked, server: ConfigFlags): Promise<Word[]> {
  try {
    const client = connect(server, ANSWER_MS_MAX);
    if (asked === "actions") {
      const actions = await client.actions({});
      return actions.map(({ ref, description }) => ({ value: ref, text: description }));
    }
    const executions = await client.list({ limit: EXECUTIONS_MAX });
    const named = executions.map(({ id, action, status }) => ({
      value: id,
      text: `${action.ref}, ${status}`,
    }));
    return named.length === 0 ? [] : [{ value: "last", text: "the newest execution" }, ...named];
  } catch {
    return [];
  }
}
