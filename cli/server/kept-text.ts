/** The first line of a kept text is a comment, so that a kept program can be run. */
export const COMMENT = "// ";

/** The text of a kept build, without its first line. */
export function textOf(kept: string): string {
  return kept.slice(kept.indexOf("\n") + 1);
}
