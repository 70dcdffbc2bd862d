/** The storage key of this tab's key or token. It is deleted with the tab. */
const STORED = "tailrace.credential";

/** This tab's credential: a signed link in the address, else a key or token, else a cookie. */
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

/** An address with the link added, if there is one. */
export function withLink(url: string, link: string | undefined): string {
  if (link === undefined) return url;
  const address = new URL(url);
  address.searchParams.set("link", link);
  return address.href;
}
