/** What is shorter than this is masked in no form: it would hide half of ordinary text and protect nothing. */
export const SECRET_BYTES_MIN = 4;

/**
 * The byte forms in which a secret may be printed: as it is, line by line, and as base64, URLs, JSON and shells write
 * it. None is shorter than `SECRET_BYTES_MIN`, none comes twice; a secret that is shorter itself has none.
 */
export function secretForms(secret: string): Buffer[] {
  if (Buffer.byteLength(secret) < SECRET_BYTES_MIN) return [];
  const forms = new Set([
    secret,
    ...lines(secret),
    ...base64Forms(Buffer.from(secret)),
    ...urlForms(secret.toWellFormed()),
    ...jsonForms(secret),
    ...shellForms(secret),
  ]);
  return [...forms].map((form) => Buffer.from(form)).filter((form) => form.length >= SECRET_BYTES_MIN);
}

/** The lines of a secret that has several. A blank one is left out, as it would hide the indentation of all text. */
function lines(secret: string): string[] {
  if (!secret.includes("\n")) return [];
  return secret
    .split("\n")
    .map((line) => line.replace(/\r$/, ""))
    .filter((line) => line.trim() !== "");
}

/** The secret inside base64, where 0, 1 or 2 bytes of a group stand before it: the characters it alone decides. */
function base64Forms(secret: Buffer): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bits = 8 * (before + secret.length);
    const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString("base64");
    const decided = encoded.slice(Math.ceil((8 * before) / 6), Math.floor(bits / 6));
    return [decided, decided.replaceAll("+", "-").replaceAll("/", "_")];
  });
}

/** As JavaScript, Python (which also escapes !'()*) and HTML forms write it, with %20 and with + for a space. */
function urlForms(secret: string): string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, (mark) => `%${hex(mark, 2).toUpperCase()}`);
  const form = new URLSearchParams([["", secret]]).toString().slice("=".length);
  return [component, strict, ...[component, strict].map((url) => url.replaceAll("%20", "+")), form];
}

/** Inside a JSON string: as JavaScript writes it, and in ASCII only, as Python does. */
function jsonForms(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [json, json.replace(/[^ -~]/g, (unit) => `\\u${hex(unit, 4)}`)];
}

/** Inside single quotes (bash, Python's shlex), and as bash's %q writes it, with $'…' where there are controls. */
function shellForms(secret: string): string[] {
  return [
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replace(/[\t\n !"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[=:])~/g, "\\$&"),
    secret.replace(/[\p{Cc}'\\]/gu, (mark) => ANSI_C_ESCAPES.get(mark) ?? octal(mark)),
  ];
}

/** The escapes that bash writes within $'…'; other controls are octal. */
const ANSI_C_ESCAPES = new Map([
  ["'", "\\'"],
  ["\\", "\\\\"],
  ["\x07", "\\a"],
  ["\b", "\\b"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\v", "\\v"],
  ["\f", "\\f"],
  ["\r", "\\r"],
  ["\x1b", "\\E"],
]);

function octal(mark: string): string {
  return [...Buffer.from(mark)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}

function hex(unit: string, digits: number): string {
  return unit.charCodeAt(0).toString(16).padStart(digits, "0");
}
