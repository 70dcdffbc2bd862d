/** What an output's WebSocket speaks, by name: offered by a reader that names any, and chosen by the server. */
export const OUTPUT_PROTOCOL = "tailrace.output";

/**
 * Before the base64url of a key or a token. A browser's WebSocket has no header but the list of what it offers, and an
 * address stands in the logs of whatever it passes. The server never chooses it, so it does not come back.
 */
const CREDENTIAL_PROTOCOL = "tailrace.credential.";

/** What a reader offers that comes in by a key or a token; by neither where it is empty. */
export function offerProtocols(credential: string): string[] {
  if (credential === "") return [OUTPUT_PROTOCOL];
  return [OUTPUT_PROTOCOL, CREDENTIAL_PROTOCOL + toBase64Url(credential)];
}

/** What is offered in `Sec-WebSocket-Protocol`. A credential that cannot be read is none. */
export function readOffer(header = ""): { output: boolean; credential: string | undefined } {
  const offered = header.split(",").map((name) => name.trim());
  const credential = offered.find((name) => name.startsWith(CREDENTIAL_PROTOCOL));
  return {
    output: offered.includes(OUTPUT_PROTOCOL),
    credential: credential && fromBase64Url(credential.slice(CREDENTIAL_PROTOCOL.length)),
  };
}

function toBase64Url(text: string): string {
  const bytes = new TextEncoder().encode(text);
  const base64 = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return base64.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function fromBase64Url(text: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) =>
      char.charCodeAt(0),
    );
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
