/** A line of text for troff: it does not begin as a request does. */
export function troffLine(words: string): string {
  return troff(words).replace(/^([.'])/, "\\&$1");
}

/** Words within a line of troff. */
export function troff(words: string): string {
  return words.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll('"', "\\(dq").replace(/\s+/g, " ");
}

/** An entry of a list: a term, in troff, and what it means, in plain words. */
export function troffEntry(term: string, meaning: string): string[] {
  return [".TP", term, troffLine(meaning)];
}
