/** What is wrong with a text as a server's URL; undefined if it is one. */
export function urlMistake(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "is not a URL";
  return /^https?:$/.test(url.protocol) ? undefined : "does not begin with http:// or https://";
}
