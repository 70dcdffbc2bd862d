/** The names of the signals that end programs, by number, on Linux. */
const SIGNALS: Record<number, string> = {
  1: "SIGHUP",
  2: "SIGINT",
  3: "SIGQUIT",
  4: "SIGILL",
  6: "SIGABRT",
  7: "SIGBUS",
  8: "SIGFPE",
  9: "SIGKILL",
  11: "SIGSEGV",
  13: "SIGPIPE",
  14: "SIGALRM",
  15: "SIGTERM",
  24: "SIGXCPU",
  25: "SIGXFSZ",
};

/** The exit codes to which a shell gives a meaning. */
const SHELL: Record<number, string> = {
  126: "the shell found the command, but cannot run it",
  127: "the shell did not find the command",
};

/** A shell reports a program that a signal has ended by this number and the signal's. */
const SHELL_SIGNAL = 128;

/** How a program ended, by its exit code; a negative one is a signal's number. */
export function exitText(code: unknown): string | undefined {
  if (typeof code !== "number" || code === 0) return undefined;
  if (code < 0) return `Ended by ${signalText(-code)}`;
  const meaning =
    SHELL[code] ??
    (code > SHELL_SIGNAL && code - SHELL_SIGNAL in SIGNALS
      ? `a program in it was ended by ${signalText(code - SHELL_SIGNAL)}`
      : "");
  return `Exit code ${code}${meaning === "" ? "" : `: ${meaning}`}`;
}

function signalText(signal: number): string {
  const name = SIGNALS[signal];
  return name === undefined ? `signal ${signal}` : `${name} (signal ${signal})`;
}
