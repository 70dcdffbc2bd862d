import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { doubleOf } from "../../protocol/base/numbers.ts";

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

/** The words in a pseudo-terminal of their own, by util-linux's `script`. Throws if the host lacks `script`. */
export function inTerminal(words: string[], { columns, rows }: TerminalSize, folder: string): string[] {
  if (!isOnPath("script")) {
    throw new Error("tty: this host lacks the program script (of util-linux), which makes the terminal.");
  }
  const { SHELL } = process.env;
  const restore = SHELL === undefined ? "unset SHELL" : `SHELL=${shellQuote(SHELL)}`;
  // No user is at the terminal: a program that reads from it would wait forever.
  const whole = `${restore}; stty cols ${columns} rows ${rows}; exec ${shellLine(words)} </dev/null`;
  const line = shellLineIn(whole, join(folder, "terminal"));
  // `script` runs the line with $SHELL, which may not be a POSIX shell.
  return ["env", "SHELL=/bin/sh", "script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"];
}

/** The words under `stdbuf`, if the host has it, so that the program writes line by line. */
export function unbuffered(words: string[]): string[] {
  return isOnPath("stdbuf") ? ["stdbuf", "-oL", "-eL", ...words] : words;
}

/** Whether a program is found as the shell would find it. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}
