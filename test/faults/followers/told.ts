import { isErrorCode, TailraceError } from "../../../protocol/base/errors.ts";

/** The command line's last message: an error, with the server's code if the server sent it. */
export function errorIn(said: string): Error {
  const text = said.trim();
  for (const [, code = ""] of text.matchAll(/\((\w+)\)/g))
    if (isErrorCode(code)) return new TailraceError(code, text);
  return new Error(text);
}
