/** The characters that programs do not encode, besides letters and digits. */
const KEPT: readonly RegExp[] = [
  // JavaScript's encodeURIComponent; RFC 3986's unreserved ones (curl, jq, Go, PHP); Python's quote.
  notKept("-_.!~*'()"),
  notKept("-_.~"),
  notKept("-_.~/"),
  // HTML forms and Java; PHP's urlencode; Python before 3.7.
  notKept("-_.*"),
  notKept("-_."),
  notKept("-_./"),
  // JavaScript's encodeURI; Go's PathEscape.
  notKept("-_.!~*'();,/?:@&=+$#"),
  notKept("-_.~$&+=:@"),
  // The path and the query of a URL, as JavaScript's URL and browsers write them.
  notKept("!$%&'()*+,-./:;=@[]_|~^"),
  notKept("!$%&'()*+,-./:;=@[]_|~"),
  notKept("!$%&()*+,-./:;=?@[]_|~^`{}\\"),
];

/** For a long text, only this many of the first are masked. */
const COMMON = 4;

/** The encodings for a second pass: the two that keep the fewest characters, and the most. */
const AGAIN = [notKept("-_.~"), notKept("-_.!~*'()")];

/** In URLs: with %20 and with + for a space, with upper-case and lower-case digits, and encoded twice. */
export function urlForms(secret: string): string[] {
  const once = new Set<string>();
  const twice = new Set<string>();
  for (const kept of KEPT) {
    const encoded = percent(secret, kept);
    for (const form of [encoded, encoded.replaceAll("%20", "+")]) {
      once.add(form);
      for (const again of [kept, ...AGAIN]) twice.add(percent(form, again));
    }
  }
  return [...once, ...twice].flatMap((form) => [
    form,
    form.replace(/%(?:25)?../g, (octets) => octets.toLowerCase()),
  ]);
}

/** The forms of a long text: as JavaScript, curl, Python's `quote` and HTML forms write it. */
export function commonUrlForms(secret: string): string[] {
  return KEPT.slice(0, COMMON).flatMap((kept) => {
    const encoded = percent(secret, kept);
    return [encoded, encoded.replaceAll("%20", "+")];
  });
}

function notKept(characters: string): RegExp {
  return new RegExp(`[^A-Za-z0-9${characters.replace(/[[\]\\^-]/g, "\\$&")}]`, "gu");
}

function percent(text: string, escaped: RegExp): string {
  return text.replace(escaped, (character) => {
    const octets = encodeURIComponent(character);
    // JavaScript does not encode some characters that others encode.
    return octets === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : octets;
  });
}
