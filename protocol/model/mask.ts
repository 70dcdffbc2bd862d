/** The text that replaces a secret value in documents and output. */
export const MASK = "********";

/** A shorter secret, in bytes of UTF-8, is not masked: it would hide half of ordinary text and protect nothing. */
export const SECRET_BYTES_MIN = 4;

/** Whether a secret text is long enough to be masked: the one rule of the agent and the server. */
export function isMaskable(text: string): boolean {
  // A character has at least one byte, so only short texts are encoded.
  return text.length >= SECRET_BYTES_MIN || new TextEncoder().encode(text).length >= SECRET_BYTES_MIN;
}
