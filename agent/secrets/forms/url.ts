/** What programs leave as it is, besides letters and digits. */
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
  // The path and the query of an address that JavaScript's URL or a browser parses.
  notKept("!$%&'()*+,-./:;=@[]_|~^"),
  notKept("!$%&'()*+,-./:;=@[]_|~"),
  notKept("!$%&()*+,-./:;=?@[]_|~^`{}\\"),
];

/** How many of these, the first ones, are looked for in a long text. */
const COMMON = 4;

/** What encodes once more: the two that leave least, and most, of an address. */
const AGAIN = [notKept("-_.~"), notKept("-_.!~*'()")];

/** In addresses, with %20 and with + for a space, capital and small digits; and what is encoded so a second time. */
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

/** The forms of a text that is long: as JavaScript, curl and Python's `quote` write it, and HTML forms. */
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
    // JavaScript leaves some that others do not.
    return octets === character ? `%${character.charCodeAt(0).toString(16).toUpperCase()}` : octets;
  });
}
