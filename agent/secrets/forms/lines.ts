/** Indentations of a text with several lines, in YAML's block scalars and elsewhere. */
const INDENTATIONS = ["  ", "    ", "      ", "        ", "\t"];

/** A text of several lines with both kinds of line ends, because a terminal changes them. Nothing for a single line. */
export function brokenLines(text: string): string[] {
  if (!text.includes("\n")) return [];
  const lines = text.split(/\r?\n/);
  return [lines.join("\n"), lines.join("\r\n")];
}

/** A text of several lines, indented. An empty line is not indented. */
export function indentedLines(text: string): string[] {
  return brokenLines(text).flatMap((whole) =>
    INDENTATIONS.map((indentation) => whole.replace(/\n(?=[^\r\n])/g, `$&${indentation}`)),
  );
}
