import { baseOf } from "./paths.ts";

/** The storage key of this tab's key or token. It is deleted with the tab. Another server below another path has another one. */
function stored(): string {
  return `tailrace.credential${baseOf(location.pathname).slice(0, -1)}`;
}

/**
 * The name of a moment: in the browser's storage that of the last sign-out, in the tab's that of the last one before it signed in. A tab
 * that shows another site at a sign-out does not hear of it, and its key is void too.
 */
function signedOut(): string {
  return `${stored()}.signed_out`;
}

/** This tab's credential: a signed link in the address, else a key or token, else a cookie. */
export interface Credential {
  link: string | undefined;
  key: string;
}

export function readCredential(): Credential {
  if (sessionStorage.getItem(signedOut()) !== localStorage.getItem(signedOut())) forgetKey();
  const link = new URLSearchParams(location.search).get("link") ?? undefined;
  return { link, key: link === undefined ? (sessionStorage.getItem(stored()) ?? "") : "" };
}

export function storeKey(key: string): void {
  sessionStorage.setItem(stored(), key);
  const moment = localStorage.getItem(signedOut());
  if (moment !== null) sessionStorage.setItem(signedOut(), moment);
}

export function forgetKey(): void {
  sessionStorage.removeItem(stored());
}

/** Forgets the keys of all tabs. */
export function forgetKeys(): void {
  forgetKey();
  localStorage.setItem(signedOut(), String(Date.now()));
}

/** An address with the link added, if there is one. */
export function withLink(url: string, link: string | undefined): string {
  if (link === undefined) return url;
  const address = new URL(url);
  address.searchParams.set("link", link);
  return address.href;
}
