import { TOKEN_PREFIX } from "../../protocol/client/credential.ts";
import type { HttpAnswer, HttpRequest } from "../../protocol/client/http.ts";
import { makeLink } from "../../protocol/client/link.ts";
import { type Connection, open, send } from "../../protocol/client/request.ts";
import { signIn, signOut as voidToken } from "../../protocol/client/sign-in.ts";
import { ViewerClient } from "../../protocol/client/viewer-client.ts";
import type { Link } from "../../protocol/model/identity.ts";
import { offerProtocols } from "../../protocol/wire/subprotocol.ts";
import { takeAnswer, takeAnswered } from "./asked-ahead.ts";
import { forgetKey, forgetKeys, readCredential, storeKey, withLink } from "./credential.ts";
import { ANSWER_MS_MAX, href, serverUrl } from "./paths.ts";
import { ServerClock } from "./server-clock.ts";
import { signOutTabs } from "./tabs.ts";

/** This tab's access to the server. */
export class Session {
  readonly link: string | undefined;
  readonly #key: string;
  readonly #connection: Connection;
  readonly client: ViewerClient;
  readonly clock: ServerClock;

  constructor() {
    const { key, link } = readCredential();
    this.link = link;
    this.#key = key;
    this.#connection = {
      url: serverUrl(),
      key,
      fetch: (input, init) => fetch(withLink(String(input), link), init),
      socket: (url) => new WebSocket(withLink(url, link), offerProtocols(key)),
    };
    this.client = new ViewerClient(this.#connection);
    this.clock = new ServerClock(this.client);
  }

  /** Whether the visitor came by a link: it allows reading one execution. */
  get is_guest(): boolean {
    return this.link !== undefined;
  }

  get has_key(): boolean {
    return this.#key !== "";
  }

  /** The server has refused the credential: the tab forgets it. Says whether there was one. */
  forget(): "refused" | "none" {
    forgetKey();
    return this.has_key ? "refused" : "none";
  }

  /** Sends a request for which the client has no method. */
  request(path: string, request?: HttpRequest): Promise<HttpAnswer> {
    return send(this.#connection, path, request);
  }

  /** Makes a link that lets every bearer read one execution. */
  makeLink(id: string): Promise<Link> {
    return makeLink(this.#connection, id);
  }

  /** Voids the tab's token at the server. */
  voidToken(): Promise<void> {
    return voidToken(this.#connection);
  }

  /** Requests a response that stays open. */
  open(path: string, signal: AbortSignal): Promise<HttpAnswer> {
    return open(this.#connection, path, { signal });
  }

  /** The answer to an early request, if it has arrived. */
  textAhead(path: string): string | undefined {
    return takeAnswered(withLink(serverUrl() + path, this.link));
  }

  /** The text at a path. An early answer that has come is used without a request. */
  async text(path: string, signal?: AbortSignal): Promise<string> {
    const text = await takeAnswer(withLink(serverUrl() + path, this.link));
    if (text !== undefined) return text;
    const limit = AbortSignal.timeout(ANSWER_MS_MAX);
    const answer = await this.request(path, { signal: signal ? AbortSignal.any([signal, limit]) : limit });
    return answer.text();
  }
}

/** Signs this tab in with a key, if the server accepts it. */
export async function signInByKey(key: string): Promise<void> {
  const connection = { url: serverUrl(), key, fetch: fetch.bind(window), socket: noSocket };
  await new ViewerClient(connection).user();
  storeKey(key);
}

/** Signs this tab in with a name and a password, which are exchanged for a token. */
export async function signInByPassword(name: string, password: string): Promise<void> {
  const connection = { url: serverUrl(), key: "", fetch: fetch.bind(window), socket: noSocket };
  const { token } = await signIn(connection, name, password);
  storeKey(token);
}

/** Forgets the credential, and voids it if it is a token. */
export async function signOut(session: Session): Promise<void> {
  signOutTabs();
  const is_token = readCredential().key.startsWith(TOKEN_PREFIX);
  forgetKeys();
  // A key stays valid. A token that cannot be voided now expires later.
  if (is_token || !session.has_key) await session.voidToken().catch(() => undefined);
  // The Back button does not return to the page of the user who has signed out.
  location.replace(href("/"));
}

function noSocket(): never {
  throw new Error("signing in opens no socket");
}
