import { isStructure } from "../base/numbers.ts";
import { namesWanted } from "../jinja/syntax/names.ts";
import { parseTemplate } from "../jinja/syntax/parse.ts";
import { TemplateSyntaxError } from "../jinja/values/errors.ts";

/** Whether a value contains a template. */
export function hasTemplate(value: unknown): boolean {
  if (typeof value === "string") return value.includes("{{") || value.includes("{%");
  return isStructure(value) && Object.values(value).some(hasTemplate);
}

/** The variables that the templates in a value expect to be given. A text whose syntax is wrong is no template, and expects none. */
export function namesWantedIn(value: unknown): Set<string> {
  if (typeof value === "string") return hasTemplate(value) ? namesOf(value) : new Set();
  if (!isStructure(value)) return new Set();
  return new Set(Object.values(value).flatMap((item) => [...namesWantedIn(item)]));
}

function namesOf(text: string): Set<string> {
  try {
    return namesWanted(parseTemplate(text));
  } catch {
    // Too deep a template fails where it is rendered.
    return new Set();
  }
}

/** A text that reads a variable as a template does, but whose syntax is wrong. */
interface Unread {
  /** The first such variable. */
  variable: string;
  reason: string;
}

/** The first text in a value that would read one of these variables if its syntax were right: StackStorm leaves it as it is. */
export function unreadTemplate(value: unknown, isVariable: (name: string) => boolean): Unread | undefined {
  if (typeof value === "string") return hasTemplate(value) ? unreadText(value, isVariable) : undefined;
  if (!isStructure(value)) return undefined;
  for (const item of Object.values(value)) {
    const found = unreadTemplate(item, isVariable);
    if (found) return found;
  }
  return undefined;
}

/** What is wrong with the syntax of the first template in a value that has such an error. */
export function syntaxErrorIn(value: unknown): string | undefined {
  if (typeof value === "string") return hasTemplate(value) ? syntaxErrorOf(value) : undefined;
  if (!isStructure(value)) return undefined;
  for (const item of Object.values(value)) {
    const reason = syntaxErrorIn(item);
    if (reason !== undefined) return reason;
  }
  return undefined;
}

function syntaxErrorOf(text: string): string | undefined {
  try {
    parseTemplate(text);
    return undefined;
  } catch (error) {
    return error instanceof TemplateSyntaxError ? error.message : undefined;
  }
}

function unreadText(text: string, isVariable: (name: string) => boolean): Unread | undefined {
  const variables = [...text.matchAll(/\{\{-?\s*([A-Za-z_]\w*)\s*(?:[.|[]|-?\}\})/g)].map(
    ([, name = ""]) => name,
  );
  const variable = variables.find(isVariable);
  if (variable === undefined) return undefined;
  const reason = syntaxErrorOf(text);
  return reason === undefined ? undefined : { variable, reason };
}

/** Says that a text is not rendered, why, and what helps. */
export function unreadWarning(whose: string, { variable, reason }: Unread): string {
  return `Not rendered: ${whose} reads {{ ${variable} }}, but is no template: ${causeAndHelp(reason)}`;
}

/** Says that a chain fails at a template whose syntax is wrong, why, and what helps. */
export function brokenWarning(whose: string, reason: string): string {
  return `The chain will fail: in ${whose}, the syntax of a template is wrong: ${causeAndHelp(reason)}`;
}

function causeAndHelp(reason: string): string {
  return `${reason.replace(/\.$/, "")}. Put what is not Jinja between {% raw %} and {% endraw %}.`;
}
