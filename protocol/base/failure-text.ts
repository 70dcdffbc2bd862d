/** The longest chain of causes that is followed: it may be a ring. */
const CAUSES_MAX = 5;

/**
 * An error as text for users: one line, with every cause that says more. For a network failure, the runtimes' own text says only that
 * it failed (`fetch failed`); the reason is in the cause.
 */
export function failureText(error: unknown): string {
  const texts: string[] = [];
  for (let at = error, depth = 0; at !== undefined && at !== null && depth < CAUSES_MAX; depth++) {
    const text = ownText(at);
    if (text !== "" && !texts.some((earlier) => earlier.includes(text))) texts.push(text);
    at = causeOf(at);
  }
  const reasons = texts.filter((text) => !HOLLOW.has(text));
  return (reasons.length > 0 ? reasons : texts).join(": ") || "for an unknown reason";
}

/**
 * An error's own message, unchanged. For messages that may repeat a secret value and are masked later: a mask would not find the value
 * once its lines are joined.
 */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first line of an error's own message: parsers append an excerpt of the text, which may be a secret. */
export function firstLineOf(error: unknown): string {
  return messageOf(error).split("\n")[0] ?? "";
}

/** A text as one line. */
export function oneLine(text: string): string {
  // A pattern for the white space around line ends would take quadratic time.
  const lines = text.split(/[\r\n]/).map((line) => line.trim());
  return lines.filter((line) => line !== "").join(" ");
}

/** A text as one line without its final period, to be continued. */
export function openSentence(text: string): string {
  const sentence = oneLine(text);
  let end = sentence.length;
  while (end > 0 && /[.\s]/.test(sentence.charAt(end - 1))) end--;
  return sentence.slice(0, end);
}

/** Whether the network failed, and not the request. */
export function isNetworkFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return HOLLOW.has(error.message) || error.name === "TimeoutError";
}

/** The runtimes' texts for a network failure: Node before and within an answer, Chromium, Firefox, Safari. */
const HOLLOW = new Set([
  "fetch failed",
  "terminated",
  "Failed to fetch",
  "NetworkError when attempting to fetch resource.",
  "Load failed",
]);

function causeOf(error: unknown): unknown {
  if (error instanceof AggregateError) return error.errors[0];
  return error instanceof Error ? error.cause : undefined;
}

function ownText(error: unknown): string {
  if (!(error instanceof Error)) return typeof error === "object" ? "" : oneLine(String(error));
  const code = String(field(error, "code") ?? "");
  const plain = PLAIN.find(([codes]) => codes.test(code) || codes.test(error.name));
  if (plain) return /^[A-Z][A-Z_\d]+$/.test(code) ? `${plain[1](error)} (${code})` : plain[1](error);
  return oneLine(error.message) || code || (error instanceof AggregateError ? "" : error.name);
}

/** Texts for codes of the system, Node's fetch and TLS. */
const PLAIN: [RegExp, (error: Error) => string][] = [
  [/^ECONNREFUSED$/, (error) => `nothing listens at ${addressOf(error)}`],
  [/^ENOTFOUND$/, (error) => `no host is named ${nameOf(error)}`],
  [/^EAI_AGAIN$/, (error) => `the name ${nameOf(error)} cannot be resolved now`],
  [/^(EHOSTUNREACH|ENETUNREACH)$/, (error) => `no route leads to ${addressOf(error)}`],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, () => "the connection was cut"],
  [/^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT|TimeoutError)$/, () => "no answer came in time"],
  [
    /^(ERR_SSL_WRONG_VERSION_NUMBER|EPROTO)$/,
    () => "the program that answers there speaks no TLS, so the URL may begin with http://",
  ],
  [/^(HPE_\w+|HTTPParserError)$/, () => "the program that answers there speaks no HTTP"],
  [
    /CERT|UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
    (error) => `its certificate is not trusted, ${error.message.split(";")[0]}`,
  ],
];

function addressOf(error: Error): string {
  const [address, port] = [field(error, "address"), field(error, "port")];
  return address === undefined ? "that address" : port === undefined ? `${address}` : `${address}:${port}`;
}

function nameOf(error: Error): string {
  return String(field(error, "hostname") ?? "like that");
}

function field(error: Error, name: string): unknown {
  return Reflect.get(error, name);
}
