/** The bytes of an input of bytes, which stand in it as characters below U+0100. */
export function bytesOf(input: string): Buffer {
  return Buffer.from(input, "latin1");
}
