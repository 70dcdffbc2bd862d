import { fetchFailed } from "./http.ts";

/** A request that an answer may redirect. */
export interface Redirectable {
  url: URL;
  method: string;
  headers: Record<string, string>;
  body: Uint8Array | string | undefined;
  /** Names of further headers that are credentials, in small letters: a redirect to another host drops them. */
  secret_headers: string[];
}

/** Headers that another host must not get. */
const OF_ONE_HOST = ["authorization", "cookie", "proxy-authorization", "host"];

/** Redirects that are followed, as many as `fetch` follows. */
const REDIRECTS_MAX = 20;

/** Whether an answer redirects. */
export function isRedirect(status: number, location: string | undefined): location is string {
  return [301, 302, 303, 307, 308].includes(status) && location !== undefined;
}

/** The request that an answer redirects to, after others. Fails as `fetch` does where it leads nowhere. */
export function redirectedByFetch<R extends Redirectable>(
  request: R,
  status: number,
  location: string,
  redirects: number,
): R {
  if (redirects === REDIRECTS_MAX) throw fetchFailed(new Error("redirect count exceeded"));
  try {
    return redirected(request, status, location);
  } catch (error) {
    throw fetchFailed(error);
  }
}

/** The request that an answer redirects to. Throws where its location is no address of HTTP. */
export function redirected<R extends Redirectable>(request: R, status: number, location: string): R {
  if (!URL.canParse(location, request.url))
    throw new Error(`The server redirects to "${location}", which is no address.`);
  const url = new URL(location, request.url);
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw new Error(`The server redirects to "${url}", which is no address of http:// or https://.`);
  // Credentials are for the host that they were given for.
  const isElsewhere = url.host !== request.url.host || url.protocol !== request.url.protocol;
  const secret = isElsewhere ? [...OF_ONE_HOST, ...request.secret_headers] : [];
  const isGet = status === 303 ? request.method !== "HEAD" : status < 303 && request.method === "POST";
  const ofBody = isGet ? ["content-type", "content-length"] : [];
  const dropped = [...secret, ...ofBody];
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(([name]) => !dropped.includes(name.toLowerCase())),
  );
  return { ...request, url, headers, ...(isGet ? { method: "GET", body: undefined } : {}) };
}
