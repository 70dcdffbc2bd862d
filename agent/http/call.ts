import { parseJson } from "../../protocol/base/json.ts";
import { isStructure, writeExact } from "../../protocol/base/numbers.ts";
import { pythonLiteral } from "../../protocol/base/python-literal.ts";
import type { Redirectable } from "../../protocol/client/redirect.ts";
import { parsePythonValue } from "../../protocol/model/python-value.ts";
import { multipart } from "./multipart.ts";

/** An HTTP request, as the parameters of an action describe it. */
export interface Call extends Redirectable {
  allow_redirects: boolean;
  /** Whether the certificate of the server is checked. */
  verify: boolean;
  /** The proxy for each scheme, where the parameters name one. */
  proxies: Record<string, string | undefined>;
  /** How long the server may be silent, in milliseconds; 0 sets no limit. */
  silence_ms_max: number;
}

/** How long a server may be silent, unless the action says otherwise. */
const SILENCE_SECONDS = 60;

/** The call of an `http-request` action. Throws what a user can mend. */
export function callOf(
  name: string,
  runner: Record<string, unknown>,
  parameters: Record<string, unknown>,
): Call {
  const url = urlOf(runner, parameters.params);
  const headers: Record<string, string> = {
    "User-Agent": "tailrace",
    "Accept-Encoding": "gzip, deflate",
    Accept: "*/*",
    "X-Stanley-Action": name,
  };
  const set = (header: string, value: string) => {
    const same = Object.keys(headers).find((one) => one.toLowerCase() === header.toLowerCase());
    if (same !== undefined) delete headers[same];
    headers[header] = value;
  };
  for (const [header, value] of entriesOf(runner.headers)) set(header, textOf(value));
  const cookies = entriesOf(runner.cookies).map(([cookie, value]) => `${cookie}=${textOf(value)}`);
  if (cookies.length > 0) set("Cookie", cookies.join("; "));
  const [, header, value] = /^([^\s:=]+)=(.+)$/s.exec(given(parameters.auth) ?? "") ?? [];
  if (header !== undefined && value !== undefined) set(header, value);
  const [username, password] = [given(runner.username), given(runner.password)];
  if (username !== undefined || password !== undefined)
    set("Authorization", `Basic ${Buffer.from(`${username ?? ""}:${password ?? ""}`).toString("base64")}`);
  const file = multipart(parameters);
  if (file) set("Content-Type", file.type);
  const body = file?.body ?? bodyOf(parameters.body, headers);
  return {
    url,
    method: given(parameters.method) ?? (body === undefined ? "GET" : "POST"),
    headers,
    secret_headers: header === undefined ? [] : [header.toLowerCase()],
    body,
    allow_redirects: runner.allow_redirects === true,
    verify: runner.verify_ssl_cert !== false,
    proxies: { "http:": given(runner.http_proxy), "https:": given(runner.https_proxy) },
    silence_ms_max: Number(parameters.timeout ?? SILENCE_SECONDS) * 1000,
  };
}

function urlOf(runner: Record<string, unknown>, params: unknown): URL {
  const text = given(runner.url);
  if (text === undefined) throw new Error("URL must be specified.");
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== "http:" && url?.protocol !== "https:")
    throw new Error(`url: "${text}" is no address of http:// or https://.`);
  for (const [name, value] of entriesOf(params))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null && one !== undefined) url.searchParams.append(name, textOf(one));
  checkHost(text, url, runner);
  return url;
}

/** StackStorm's lists of hosts, with StackStorm's texts. */
export function checkHost(text: string, url: URL, runner: Record<string, unknown>): void {
  const { url_hosts_blacklist: black, url_hosts_whitelist: white } = runner;
  const [refused, allowed] = [black, white].map((list) =>
    Array.isArray(list) ? list.map((one) => hostName(String(one))) : [],
  );
  if (refused?.length && allowed?.length)
    throw new Error(
      '"url_hosts_blacklist" and "url_hosts_whitelist" parameters are mutually exclusive. Only one should be provided.',
    );
  const host = hostName(url.hostname);
  if (refused?.includes(host)) throw new Error(`URL "${text}" is blacklisted`);
  if (allowed?.length && !allowed.includes(host)) throw new Error(`URL "${text}" is not whitelisted`);
}

/** A host in one form: a list or an address may write it in large letters, or with the point of the root. */
function hostName(host: string): string {
  return host
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "")
    .toLowerCase();
}

/** The body as bytes. Under a header that says JSON, a text in Python's notation becomes JSON, as in StackStorm. */
function bodyOf(body: unknown, headers: Record<string, string>): Buffer | undefined {
  if (body === null || body === undefined || body === "") return undefined;
  if (typeof body !== "string") return Buffer.from(writeExact(body));
  const [, type = ""] = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type") ?? [];
  return Buffer.from(/^application\/json\b/i.test(type) ? jsonOf(body) : body);
}

function jsonOf(text: string): string {
  try {
    parseJson(text, { exact: true });
    return text;
  } catch {
    return writeExact(pythonValue(text));
  }
}

function pythonValue(text: string): unknown {
  try {
    return parsePythonValue(text);
  } catch {
    throw new Error("body: it is no JSON, and the header Content-Type says that it is.");
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return isStructure(value) ? Object.entries(value) : [];
}

/** A text that is given and not empty. */
function given(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A value as Python's `str()` has it. */
function textOf(value: unknown): string {
  return typeof value === "string" ? value : pythonLiteral(value);
}
