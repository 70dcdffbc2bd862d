/** What a user can mend: says what is wrong and what to do. Everything else that is thrown is a bug. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exit_code: number;

  constructor(text: string, exit_code = 1) {
    super(text);
    this.exit_code = exit_code;
  }
}

/** A failure as a person reads it, with the cause that a network error hides. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
