import { existsSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { doubleOf } from "../../protocol/base/numbers.ts";

/** What is to be started: a program and its arguments, and what it is told. */
export interface Command {
  file: string;
  args: string[];
  cwd?: string | undefined;
  /** Written to its stdin, which then ends. `true`: stdin stays open. Undefined: nothing is there. */
  stdin?: string | true | undefined;
  /** Written to descriptor 3; the program then answers on descriptor 4. */
  request?: string | undefined;
}

/** The size of a pseudo-terminal, in characters. */
export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The terminal that a run asks for, if it does. */
export function terminalOf(runner: Record<string, unknown>): TerminalSize | undefined {
  const { tty, tty_columns, tty_rows } = runner;
  return tty === true ? { columns: Number(tty_columns ?? 120), rows: Number(tty_rows ?? 40) } : undefined;
}

/** How long the process may take, in milliseconds; undefined for as long as it likes. */
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
 * Bytes of a line for a shell that are given to it as one argument, of which Linux takes 128 KiB: on its way the line may be
 * quoted once more, which writes each quote as four characters.
 */
export const LINE_BYTES_MAX = 31 * 1024;

/** A line for a POSIX shell: one that is too long for an argument is read from a file, by the shell that would have run it. */
export function shellLineIn(line: string, file: string): string {
  if (Buffer.byteLength(line) <= LINE_BYTES_MAX) return line;
  writeFileSync(file, `${line}\n`, { mode: 0o600 });
  return `. ${shellQuote(file)}`;
}

/** The words in a pseudo-terminal of their own, by util-linux's `script`. Throws where the host has none. */
export function inTerminal(words: string[], { columns, rows }: TerminalSize, folder: string): string[] {
  if (!isOnPath("script")) {
    throw new Error("tty: this host lacks the program script (of util-linux), which makes the terminal.");
  }
  const { SHELL } = process.env;
  const restore = SHELL === undefined ? "unset SHELL" : `SHELL=${shellQuote(SHELL)}`;
  // What would read from the terminal would wait for somebody who is not there.
  const whole = `${restore}; stty cols ${columns} rows ${rows}; exec ${shellLine(words)} </dev/null`;
  const line = shellLineIn(whole, join(folder, "terminal"));
  // `script` has its line run by the shell of its environment, which may be one that is not POSIX's.
  return ["env", "SHELL=/bin/sh", "script", "--quiet", "--return", "--flush", "--command", line, "/dev/null"];
}

/** The words under stdbuf where the host has it, so that what they start writes a line at a time. */
export function unbuffered(words: string[]): string[] {
  return isOnPath("stdbuf") ? ["stdbuf", "-oL", "-eL", ...words] : words;
}

/** Whether a program is found as the shell would find it. */
export function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => existsSync(join(folder, program)));
}
