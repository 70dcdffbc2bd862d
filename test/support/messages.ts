import { expect } from "vitest";

/** Signs of a bad message: an empty reason, a value that was not made a text, a stack. */
const HOLLOW = /\(\)|: ?$|undefined|\[object |fetch failed|^ {4}at |node:internal|<html/m;

/** A person's next step: a command to run, a flag, a variable or a file to set, or to try again. */
const NEXT_STEP =
  /tailrace |curl |ls -ld |(?<=[ (])--?[a-z]|Give |log says why|administrator sets|TAILRACE_|npm start|timedatectl|[Tt]ry again|[Cc]hoose another|Upgrade|start (again|that release)|Restore the file|Make room/;

/** A message is one line, names its cause, and says what to do next. */
export function expectTelling(text: string): void {
  expect(text).toMatch(/^[^\n]{20,400}\n$/);
  expect(text).not.toMatch(HOLLOW);
  expect(text).toMatch(NEXT_STEP);
}
