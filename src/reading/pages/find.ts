import { TailraceError } from "../../../protocol/base/errors.ts";
import { Pattern, PatternError } from "../../../protocol/base/pattern.ts";
import type { Steps } from "../../../protocol/base/steps.ts";
import { neededTexts } from "./needed-texts.ts";

/** The text to search for. */
export interface Wanted {
  query: string;
  regex: boolean;
  match_case: boolean;
}

/** Finds the first match in a line. */
export type Find = (text: string) => { start: number; end: number } | undefined | "too_costly";

/** Regular expressions are RE2's: the time grows linearly with the text, whatever the expression is. */
export function finder({ query, regex, match_case }: Wanted, steps: Steps): Find {
  if (regex && !isLiteral(query)) return regexFinder(query, match_case, steps);
  const wanted = match_case ? query : lowered(query);
  return (text) => {
    const start = (match_case ? text : lowered(text)).indexOf(wanted);
    return start === -1 ? undefined : { start, end: start + wanted.length };
  };
}

/** Whether a regular expression matches just its own text. Without ASCII, case is no simple matter. */
function isLiteral(query: string): boolean {
  return /^[\w \-/:;,=<>@#%&~`'"!]+$/.test(query);
}

/** A text in lower case, of the same length: a few characters have a longer lower case, and stay as they are. */
function lowered(text: string): string {
  const lower = text.toLowerCase();
  if (lower.length === text.length) return lower;
  return Array.from(text, (character) => {
    const small = character.toLowerCase();
    return small.length === character.length ? small : character;
  }).join("");
}

/** Characters in which a needed text is sought in the time of a step. */
const TRIED_CHARS = 16;

function regexFinder(query: string, match_case: boolean, steps: Steps): Find {
  try {
    const pattern = new Pattern(query, steps, { ignore_case: !match_case });
    const needed = neededTexts(query, !match_case);
    return (text) => {
      try {
        if (needed && !needed.test(text)) {
          steps.spend(1 + text.length / TRIED_CHARS);
          return undefined;
        }
        return pattern.find(text, steps);
      } catch (error) {
        if (error instanceof TailraceError) return "too_costly";
        throw error;
      }
    };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new TailraceError("invalid", `The regular expression is not valid: ${error.message}.`);
  }
}
