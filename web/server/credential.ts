import { baseOf } from "./paths.ts";

/** The storage key of this tab's key or token. It is deleted with the tab. Another server below another path has another one. */
function stored(): string {
  return `tailrace.credential${baseOf(location.pathname).slice(0, -1)}`;
}

/** This tab's credential: a signed link in the address, else a key or token, else a cookie. */
export interface Credential {
  link: string | undefined;
  key: string;
}

export function readCredential(): Credential {
  const link = new URLSearchParams(location.search).get("link") ?? undefined;
  return { link, key: link === undefined ? (sessionStorage.getItem(stored()) ?? "") : "" };
}

export function storeKey(key: string): void {
  sessionStorage.setItem(stored(), key);
}

export function forgetKey(): void {
  sessionStorage.removeItem(stored());
}

/** An address with the link added, if there is one. */
export function withLink(url: string, link: string | undefined): string {
  if (link === undefined) return url;
  const address = new URL(url);
  address.searchParams.set("link", link);
  return address.href;
}
