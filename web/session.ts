import { send } from "../protocol/client/request.ts";
import { Client, type Connection } from "../protocol/client.ts";

/** Where the key or token of this tab is: gone with the tab. */
const STORED = "tailrace.credential";

/** What this tab comes in by: a signed link of the address, a key or token, or a cookie where there is neither. */
export class Session {
  readonly link: string | undefined;
  readonly #key: string;
  readonly #connection: Connection;
  readonly client: Client;

  constructor() {
    this.link = new URLSearchParams(location.search).get("link") ?? undefined;
    this.#key = this.link === undefined ? (sessionStorage.getItem(STORED) ?? "") : "";
    this.#connection = {
      url: location.origin,
      key: this.#key,
      fetch: (input, init) => fetch(this.#withLink(String(input)), init),
      // A browser's WebSocket takes no headers, so what lets it in goes with the address.
      socket: (url) => new WebSocket(this.#withCredential(url)),
    };
    this.client = new Client(this.#connection);
  }

  /** Whether whoever is here came by a link: to one execution, to read. */
  get is_guest(): boolean {
    return this.link !== undefined;
  }

  get has_key(): boolean {
    return this.#key !== "";
  }

  /** Asks the server for what the client has no word for. */
  request(path: string, init?: RequestInit): Promise<Response> {
    return send(this.#connection, path, init);
  }

  #withLink(url: string): string {
    return this.link === undefined ? url : withQuery(url, "link", this.link);
  }

  #withCredential(url: string): string {
    if (this.#key === "") return this.#withLink(url);
    return withQuery(url, this.#key.startsWith("trt_") ? "x-auth-token" : "st2-api-key", this.#key);
  }
}

function withQuery(url: string, name: string, value: string): string {
  const address = new URL(url);
  address.searchParams.set(name, value);
  return address.href;
}

/** Lets this tab in by a key, once the server takes it. */
export async function signInByKey(key: string): Promise<void> {
  const connection = { url: location.origin, key, fetch: fetch.bind(window), socket: noSocket };
  await new Client(connection).user();
  sessionStorage.setItem(STORED, key);
}

/** Lets this tab in by a name and a password: they become a token. */
export async function signInByPassword(name: string, password: string): Promise<void> {
  const connection = { url: location.origin, key: "", fetch: fetch.bind(window), socket: noSocket };
  const { token } = await new Client(connection).identity.signIn(name, password);
  sessionStorage.setItem(STORED, token);
}

/** Forgets the credential, and voids it where it is a token. */
export async function signOut(session: Session): Promise<void> {
  const is_token = sessionStorage.getItem(STORED)?.startsWith("trt_") ?? false;
  sessionStorage.removeItem(STORED);
  // A key outlives the page; a token that cannot be voided now expires.
  if (is_token || !session.has_key) await session.client.identity.signOut().catch(() => undefined);
  location.assign("/");
}

function noSocket(): never {
  throw new Error("signing in opens no socket");
}
