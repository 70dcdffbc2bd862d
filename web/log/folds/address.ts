/** The query parameter of the page's address that has what a reader has folded and opened. */
const FOLD = "fold";

export function foldOfAddress(): string | null {
  return new URLSearchParams(location.search).get(FOLD);
}

export function putFold(text: string | undefined): void {
  const query = new URLSearchParams(location.search);
  if (text === undefined) query.delete(FOLD);
  else query.set(FOLD, text);
  const search = query.size === 0 ? "" : `?${query}`;
  history.replaceState(history.state, "", location.pathname + search + location.hash);
}
