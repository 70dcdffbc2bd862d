/** Indentations that a text of several lines gets in YAML's block scalars and in other texts. */
const INDENTATIONS = ["  ", "    ", "      ", "        ", "\t"];

/** A text of several lines with both line ends: a terminal writes another one. None where there is one line. */
export function brokenLines(text: string): string[] {
  if (!text.includes("\n")) return [];
  const lines = text.split(/\r?\n/);
  return [lines.join("\n"), lines.join("\r\n")];
}

/** A text of several lines as it stands further to the right: an empty line is not indented. */
export function indentedLines(text: string): string[] {
  return brokenLines(text).flatMap((whole) =>
    INDENTATIONS.map((indentation) => whole.replace(/\n(?=[^\r\n])/g, `$&${indentation}`)),
  );
}
