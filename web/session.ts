import { send } from "../protocol/client/request.ts";
import { Client, type Connection } from "../protocol/client.ts";
import { offerProtocols } from "../protocol/subprotocol.ts";

/** Where the key or token of this tab is: gone with the tab. */
const STORED = "tailrace.credential";

/** What this tab comes in by: a signed link of the address, a key or token, or a cookie where there is neither. */
export class Session {
  readonly link: string | undefined;
  readonly #key: string;
  readonly #connection: Connection;
  /** What is on its way already, by its path. */
  readonly #ahead = new Map<string, Promise<Response>>();
  readonly client: Client;

  constructor() {
    this.link = new URLSearchParams(location.search).get("link") ?? undefined;
    this.#key = this.link === undefined ? (sessionStorage.getItem(STORED) ?? "") : "";
    this.#connection = {
      url: location.origin,
      key: this.#key,
      fetch: (input, init) => fetch(this.#withLink(String(input)), init),
      socket: (url) => new WebSocket(this.#withLink(url), offerProtocols(this.#key)),
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
    const ahead = this.#ahead.get(path);
    this.#ahead.delete(path);
    return ahead ?? send(this.#connection, path, init);
  }

  /** Asks now for what is asked for as soon as the page has been drawn: the first request for it is given that answer. */
  askAhead(path: string): void {
    const answer = send(this.#connection, path);
    // Whoever is given it meets what is wrong with it.
    answer.catch(() => undefined);
    this.#ahead.set(path, answer);
  }

  #withLink(url: string): string {
    if (this.link === undefined) return url;
    const address = new URL(url);
    address.searchParams.set("link", this.link);
    return address.href;
  }
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
