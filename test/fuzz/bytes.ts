/** The bytes of an input of bytes, which are characters below U+0100. */
export function bytesOf(input: string): Buffer {
  return Buffer.from(input, "latin1");
}
