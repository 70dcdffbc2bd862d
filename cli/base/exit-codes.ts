/** The exit codes of every command. The table in docs/command-line.md says what each means. */
export const EXIT = {
  success: 0,
  failure: 1,
  usage: 2,
  timeout: 124,
  interrupted: 130,
  /** As of a program that SIGPIPE has ended. */
  closed: 141,
} as const;

/** The highest exit code of an action that a command passes on. Shells use those above for their own. */
export const ACTION_EXIT_MAX = 125;
