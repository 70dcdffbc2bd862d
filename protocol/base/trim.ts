/** A text without one character at its end, however often it stands there. A pattern would begin anew at each of them. */
export function trimmedEnd(text: string, character: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === character) end--;
  return text.slice(0, end);
}
