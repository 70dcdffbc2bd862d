import { basename } from "node:path";
import { type ErrorCode, TailraceError } from "../../protocol/base/errors.ts";
import { failureText, isNetworkFailure, openSentence } from "../../protocol/base/failure-text.ts";
import { nextStep } from "./next-steps.ts";

/** An error that the user can fix: it says what is wrong and what to do. Any other thrown error is a bug. */
export class CliError extends Error {
  override readonly name = "CliError";
  readonly exit_code: number;

  constructor(text: string, exit_code = 1) {
    super(text);
    this.exit_code = exit_code;
  }
}

/** One line: the failure, its reason, and the next step. */
export function explanation(error: unknown): string {
  if (error instanceof CliError) return error.message;
  if (error instanceof TailraceError) return `${refusalText(error)}. ${nextStep(error)}${logText(error)}`;
  if (isNetworkFailure(error) || isOfNetwork(error))
    return `The server does not answer: ${failureText(error)}. \`tailrace doctor\` says more.`;
  // A system call failed, for example because a path is a file or the disk is full.
  if (error instanceof Error && "syscall" in error)
    return `The system refuses it: ${failureText(error)}. Check the path and its permissions: ls -ld PATH`;
  return `A bug in tailrace: ${bugText(error)}. Please report this line and the command.`;
}

/** The name of the failed request in the server's log, which explains these failures. */
function logText({ code, request_id }: TailraceError): string {
  const is_logged = request_id !== undefined && LOGGED.has(code);
  return is_logged ? ` In the server's log it is request ${request_id}.` : "";
}

const LOGGED: ReadonlySet<ErrorCode> = new Set(["internal", "index_unavailable", "unavailable"]);

/** Whether a system call has failed that has to do with another program, and not with a path. */
function isOfNetwork(error: unknown): boolean {
  return error instanceof Error && "syscall" in error && NETWORK_CALLS.has(String(error.syscall));
}

const NETWORK_CALLS: ReadonlySet<string> = new Set(["connect", "getaddrinfo"]);

/** A refusal with its code, which programs and the documentation refer to. */
export function refusalText({ message, code }: TailraceError): string {
  return `${openSentence(message)} (${code})`;
}

/** The thrown error and its place in the code. */
function bugText(error: unknown): string {
  const where =
    error instanceof Error ? /\(?(?:file:\/\/)?([^\s()]+:\d+):\d+\)?$/m.exec(error.stack ?? "") : null;
  return where?.[1] ? `${failureText(error)} (${basename(where[1])})` : failureText(error);
}
