/** Line widths of base64 and base32: of MIME and coreutils, and of PEM and openssl. */
const BASE_WIDTHS = [76, 64];

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/** The bytes of a secret in base64, of both alphabets, and in base32. */
export function baseForms(secret: Buffer): string[] {
  return [...base64Forms(secret), ...alignedForms(secret, 5, 5, base32Of)];
}

/** The bytes of a secret in base64, of both alphabets. */
export function base64Forms(secret: Buffer): string[] {
  const base64 = alignedForms(secret, 3, 6, (bytes) => bytes.toString("base64"));
  return base64.flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

/**
 * The secret inside a longer encoded text, for each number of bytes of a group before it: the characters that depend on the secret
 * alone. For a secret at the beginning, also broken into lines.
 */
function alignedForms(
  secret: Buffer,
  group_bytes: number,
  bits: number,
  encode: (bytes: Buffer) => string,
): string[] {
  const forms = Array.from({ length: group_bytes }, (_, before) => {
    const encoded = encode(Buffer.concat([Buffer.alloc(before), secret]));
    return encoded.slice(Math.ceil((8 * before) / bits), Math.floor((8 * (before + secret.length)) / bits));
  });
  const [alone = ""] = forms;
  for (const width of BASE_WIDTHS) {
    const lines = alone.match(new RegExp(`.{1,${width}}`, "g")) ?? [];
    if (lines.length > 1) forms.push(lines.join("\n"), lines.join("\r\n"), ...lines);
  }
  return forms;
}

/** RFC 4648's base32, without the padding. */
function base32Of(bytes: Buffer): string {
  let encoded = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xfff;
    bits += 8;
    for (; bits >= 5; bits -= 5) encoded += BASE32[(value >> (bits - 5)) & 31];
  }
  return bits === 0 ? encoded : encoded + BASE32[(value << (5 - bits)) & 31];
}
