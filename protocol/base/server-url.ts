/** What is wrong with a text as a server's URL; undefined if it is one. */
export function urlMistake(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "is not a URL";
  if (!/^https?:$/.test(url.protocol)) return "does not begin with http:// or https://";
  if (url.username !== "" || url.password !== "") return "has a name or a password, which no request takes";
  return url.search === "" && url.hash === "" ? undefined : "has a ? or a #";
}

/** A URL for a message or a list: without a password. */
export function shownUrl(text: string): string {
  return text.replace(/\/\/[^/?#]*@/, "//");
}
