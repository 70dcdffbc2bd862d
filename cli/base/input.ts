import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { failureText } from "../../protocol/base/failure-text.ts";
import { CliError } from "./errors.ts";

/** The text of a file that the command line names. `form` is how an argument names a file. */
export function readInputFile(path: string, form: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError(
      `${path} cannot be read: ${failureText(error)}. Name a file that can be read: ${form}`,
    );
  }
}

/** The text on stdin, without its last line end. */
export async function readStdin(): Promise<string> {
  return withoutLineEnd(await text(process.stdin));
}

export function withoutLineEnd(text: string): string {
  return text.replace(/\r?\n$/, "");
}
