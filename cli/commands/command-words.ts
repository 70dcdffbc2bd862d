import type { Command, Option } from "commander";

/** The commands whose last words are a command for a shell. */
const RUNNING = [["run"], ["execution", "re-run"]];

/**
 * Separates Tailrace's own flags from the words of the command to run, and puts `--` before these. The words begin at the first token
 * after the action (or the execution to repeat) that is neither an option nor `name=value`. After it, a long flag that `run` knows is
 * still its own, so that `run core.local make all --tail` tails; a letter (`ls -a`) and an unknown flag (`git log --oneline`) are
 * words. After `--`, all are words.
 */
export function separateWords(argv: readonly string[], program: Command): string[] {
  const found = runningCommand(argv, program);
  if (found === undefined) return [...argv];
  const start = firstWord(argv, found);
  if (start === undefined) return [...argv];
  const own: string[] = [];
  const words: string[] = [];
  for (let index = start; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (token === "--") {
      words.push(...argv.slice(index));
      break;
    }
    const option = longOption(token, found.command);
    if (option === undefined) words.push(token);
    else {
      own.push(token);
      if (takesNext(option, token)) {
        index++;
        // The parser reports a value that is missing.
        if (index >= argv.length) return [...argv.slice(0, start), ...own];
        own.push(argv[index] ?? "");
      }
    }
  }
  return [...argv.slice(0, start), ...own, "--", ...words];
}

/** The command that runs words, and the position after its name. */
function runningCommand(
  argv: readonly string[],
  program: Command,
): { command: Command; next: number } | undefined {
  const first = argv.findIndex((token) => !token.startsWith("-"));
  const path = RUNNING.find((names) => names.every((name, at) => argv[first + at] === name));
  if (first < 0 || path === undefined) return undefined;
  let command: Command | undefined = program;
  for (const name of path) command = command?.commands.find((one) => one.name() === name);
  return command && { command, next: first + path.length };
}

/** The position of the first word. */
function firstWord(
  argv: readonly string[],
  { command, next }: { command: Command; next: number },
): number | undefined {
  let subjects = 0;
  for (let index = next; index < argv.length; index++) {
    const token = argv[index] ?? "";
    if (token === "--") return undefined;
    const option = longOption(token, command);
    if (option !== undefined && takesNext(option, token)) index++;
    else if (token.startsWith("-") || token.indexOf("=") > 0) continue;
    else if (subjects++ > 0) return index;
  }
  return undefined;
}

function longOption(token: string, command: Command): Option | undefined {
  if (!token.startsWith("--")) return undefined;
  const [name] = token.split("=", 1);
  return command.options.find(({ long }) => long === name);
}

function takesNext(option: Option, token: string): boolean {
  return option.required && !token.includes("=");
}
