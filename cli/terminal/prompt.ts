import { CliError } from "../base/errors.ts";
import { EXIT } from "../base/exit-codes.ts";
import { readStdin } from "../base/input.ts";

/** The source of a password. */
export interface PasswordFlags {
  passwordStdin?: boolean;
}

/** Reads a password from stdin if the flag says so, else from the terminal without showing it. */
export async function readPassword(question: string, { passwordStdin }: PasswordFlags): Promise<string> {
  if (passwordStdin) return readStdin();
  if (!process.stdin.isTTY) {
    throw new CliError(
      "No terminal is available to ask for the password. Pass it on stdin: --password-stdin",
      EXIT.usage,
    );
  }
  return readUnseen(question);
}

/** Reads a new password: twice at a terminal, because a typing error is not visible there. */
export async function readNewPassword(question: string, flags: PasswordFlags): Promise<string> {
  const password = await readPassword(question, flags);
  if (!flags.passwordStdin && (await readUnseen("Repeat the password:")) !== password)
    throw new CliError("The two passwords differ. Try again.", EXIT.usage);
  return password;
}

/** The errors that the library throws without an answer: Ctrl-C, and Ctrl-D on an empty line. */
const CANCELED = ["ExitPromptError", "AbortPromptError"];

/** Reads a line from the terminal without showing it. The question goes to stderr: stdout is for the command's result. */
export async function readUnseen(question: string): Promise<string> {
  // Loaded here, because few commands ask for anything.
  const { default: password } = await import("@inquirer/password");
  const closed = new AbortController();
  // Ctrl-D closes the library's reader without an answer. The only sign of it is that stdin is paused.
  const onPause = () => closed.abort();
  process.stdin.once("pause", onPause);
  try {
    return await password(
      { message: question, toggleMask: false, theme: { style: { maskedText: "[input is hidden]" } } },
      { output: process.stderr, signal: closed.signal },
    );
  } catch (error) {
    if (error instanceof Error && CANCELED.includes(error.name))
      throw new CliError("Canceled: nothing was changed.", EXIT.interrupted);
    throw error;
  } finally {
    process.stdin.off("pause", onPause);
  }
}
