/** The subprotocol of an output's WebSocket. A reader that offers any offers this, and the server chooses it. */
export const OUTPUT_PROTOCOL = "tailrace.output";

/**
 * The prefix of a key or a token in base64url. A browser's WebSocket can set no header except the offered subprotocols, and URLs are
 * logged by proxies. The server never chooses this one, so it is not sent back.
 */
const CREDENTIAL_PROTOCOL = "tailrace.credential.";

/** The subprotocols that a reader offers with a key or a token. Empty: without a credential. */
export function offerProtocols(credential: string): string[] {
  if (credential === "") return [OUTPUT_PROTOCOL];
  return [OUTPUT_PROTOCOL, CREDENTIAL_PROTOCOL + toBase64Url(credential)];
}

/** The content of `Sec-WebSocket-Protocol`. A credential that cannot be decoded counts as none. */
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
