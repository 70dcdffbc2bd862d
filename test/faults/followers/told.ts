import { isErrorCode, TailraceError } from "../../../protocol/base/errors.ts";

/** What the command line said on its way out: an error with the server's code, where it was the server's word. */
export function errorIn(said: string): Error {
  const text = said.trim();
  for (const [, code = ""] of text.matchAll(/\((\w+)\)/g))
    if (isErrorCode(code)) return new TailraceError(code, text);
  return new Error(text);
}
