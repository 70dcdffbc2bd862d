import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { doubleOf } from "../../protocol/base/numbers.ts";
import { MARK } from "./environment.ts";

/** A program to start, with its arguments and input. */
export interface Command {
  file: string;
  args: string[];
  cwd?: string | undefined;
  /** Written to its stdin, which then ends. `true`: stdin stays open. Undefined: stdin is empty. */
  stdin?: string | true | undefined;
  /** Written to descriptor 3; the program then answers on descriptor 4. */
  request?: string | undefined;
}

/** The size of a pseudo-terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The size of the terminal that the parameters ask for; undefined if they ask for none. */
export function terminalOf(runner: Record<string, unknown>): TerminalSize | undefined {
  const { tty, tty_columns, tty_rows } = runner;
  return tty === true ? { columns: Number(tty_columns ?? 120), rows: Number(tty_rows ?? 40) } : undefined;
}

/** How long the process may take, in milliseconds; undefined without a limit. */
export function timeoutMs(runner: Record<string, unknown>): number | undefined {
  const seconds = doubleOf(runner.timeout) ?? 0;
  return seconds > 0 ? seconds * 1000 : undefined;
}

/** Words as one line of a POSIX shell. */
export function shellLine(words: string[]): string {
  return words.map(shellQuote).join(" ");
}

export function shellQuote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * The longest line that a shell gets as one argument. Linux takes 128 KiB, and the line may be quoted once more, which writes each
 * quote as four characters.
 */
export const LINE_BYTES_MAX = 31 * 1024;

/** A line for a POSIX shell. A line that is too long for an argument is written to a file, which the same shell then reads. */
export function shellLineIn(line: string, file: string): string {
  if (Buffer.byteLength(line) <= LINE_BYTES_MAX) return line;
  writeFileSync(file, `${line}\n`, { mode: 0o600 });
  return `. ${shellQuote(file)}`;
}

/** Programs that show text page by page, and wait for keys, print it at once with these. A run's own variables take precedence. */
const NO_PAGERS = {
  PAGER: "cat",
  MANPAGER: "cat",
  GIT_PAGER: "cat",
  SYSTEMD_PAGER: "cat",
  GH_PAGER: "cat",
  AWS_PAGER: "",
};

/** The variables of a run that has a terminal. */
export const TERMINAL_VARIABLES = { TERM: "xterm-256color", ...NO_PAGERS };

/**
 * Shell commands that prepare a terminal at which no user types. Its output is on descriptor 4, which can only be written, and the
 * shell's own messages are dropped. Signals that end the program do not end the shell.
 */
export const terminalWithoutUser = `exec 4>/dev/tty </dev/null >/dev/null 2>&1; trap : HUP INT TERM`;

/**
 * A shell command that runs a subshell's text as the program of that terminal. The program's session has no controlling terminal, and
 * its descriptors cannot be read, so each way to read a key fails at once.
 */
export function atTerminal(subshell: string): string {
  return `(${subshell}) >&4 2>&4 4>&-`;
}

/**
 * The words in a pseudo-terminal of their own, by util-linux's `script`. Throws if the host lacks `script`. `script` kills its program
 * two seconds after a TERM and adds its own words. So it runs outside the run's process group and without the run's mark, where no
 * signal of the agent reaches it, and it ends after its program.
 */
export function inTerminal(
  words: string[],
  { columns, rows }: TerminalSize,
  { folder, mark }: { folder: string; mark: string },
): string[] {
  for (const program of ["script", "setsid"]) {
    if (!isOnPath(program))
      throw new Error(
        `tty: this host lacks the program ${program} (of util-linux), which makes the terminal.`,
      );
  }
  const { SHELL } = process.env;
  const restore = SHELL === undefined ? "unset SHELL" : `SHELL=${shellQuote(SHELL)}`;
  const marked = `export ${MARK}=${shellQuote(mark)}`;
  const program = atTerminal(`${restore}; ${marked}; exec setsid ${shellLine(words)}`);
  const whole = `stty cols ${columns} rows ${rows}; ${terminalWithoutUser}; ${program}; exit $?`;
  const line = shellLineIn(whole, join(folder, "terminal"));
  // `script` runs the line with $SHELL, which may not be a POSIX shell.
  const script = ["script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"];
  const outside = `unset ${MARK}; trap : HUP INT TERM; SHELL=/bin/sh setsid ${shellLine(script)}; exit $?`;
  return ["/bin/sh", "-c", outside];
}

/** The words under `stdbuf`, if the host has it, so that the program writes line by line. */
export function unbuffered(words: string[]): string[] {
  return isOnPath("stdbuf") ? ["stdbuf", "-oL", "-eL", ...words] : words;
}

/** Whether a program is found as the shell would find it. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}
