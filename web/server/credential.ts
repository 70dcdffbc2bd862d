/** Where the key or token of this tab is: gone with the tab. */
const STORED = "tailrace.credential";

/** What this tab comes in by: a signed link of the address, a key or token, or a cookie where there is neither. */
export interface Credential {
  link: string | undefined;
  key: string;
}

export function readCredential(): Credential {
  const link = new URLSearchParams(location.search).get("link") ?? undefined;
  return { link, key: link === undefined ? (sessionStorage.getItem(STORED) ?? "") : "" };
}

export function storeKey(key: string): void {
  sessionStorage.setItem(STORED, key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(STORED);
}

/** An address as it is asked for by a link, where there is one. */
export function withLink(url: string, link: string | undefined): string {
  if (link === undefined) return url;
  const address = new URL(url);
  address.searchParams.set("link", link);
  return address.href;
}
