import { TailraceError } from "../../protocol/base/errors.ts";
import { failureText } from "../../protocol/base/failure-text.ts";
import { refusalText } from "../base/errors.ts";

/** The result of a check: good, or the fault and its remedy. */
export interface Finding {
  check: string;
  ok: boolean;
  text: string;
  advice?: string;
}

/** Why a request failed, in one line. */
export function whyText(error: unknown): string {
  return error instanceof TailraceError ? refusalText(error) : failureText(error);
}
