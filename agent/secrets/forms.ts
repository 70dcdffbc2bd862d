/** What is shorter than this is masked in no form: it would hide half of ordinary text and protect nothing. */
export const SECRET_BYTES_MIN = 4;

/** Characters after which programs break base64 into lines: MIME's and coreutils' width, and that of PEM and openssl. */
const BASE64_WIDTHS = [76, 64];

/**
 * The byte forms in which a secret may be printed: as it is, line by line, and as base64, URLs, JSON, Python and shells
 * write it. None is shorter than `SECRET_BYTES_MIN`, none comes twice; a secret that is shorter itself has none.
 */
export function secretForms(secret: string): Buffer[] {
  if (Buffer.byteLength(secret) < SECRET_BYTES_MIN) return [];
  // Shells drop the line end of a file that they read, and most programs print without it.
  const forms = new Set([...writings(secret), ...writings(secret.trim())]);
  return [...forms].map((form) => Buffer.from(form)).filter((form) => form.length >= SECRET_BYTES_MIN);
}

function writings(secret: string): string[] {
  return [
    secret,
    ...lines(secret),
    ...base64Forms(Buffer.from(secret)),
    ...urlForms(secret.toWellFormed()),
    ...jsonForms(secret),
    ...pythonForms(secret),
    ...shellForms(secret),
  ];
}

/**
 * A secret that has several lines with both line ends, as a terminal writes another one, and its lines. A blank one is left
 * out, as it would hide the indentation of all text.
 */
function lines(secret: string): string[] {
  if (!secret.includes("\n")) return [];
  const lines = secret.split(/\r?\n/);
  return [lines.join("\n"), lines.join("\r\n"), ...lines.filter((line) => line.trim() !== "")];
}

/** The secret inside base64, where 0, 1 or 2 bytes of a group stand before it: the characters it alone decides. */
function base64Forms(secret: Buffer): string[] {
  const forms = [0, 1, 2].map((before) => {
    const bits = 8 * (before + secret.length);
    const encoded = Buffer.concat([Buffer.alloc(before), secret]).toString("base64");
    return encoded.slice(Math.ceil((8 * before) / 6), Math.floor(bits / 6));
  });
  const [alone = ""] = forms;
  const broken = BASE64_WIDTHS.flatMap((width) => {
    if (alone.length <= width) return [];
    return lines(alone.replace(new RegExp(`.{${width}}(?=.)`, "g"), "$&\n"));
  });
  return [...forms, ...broken].flatMap((form) => [form, form.replaceAll("+", "-").replaceAll("/", "_")]);
}

/** As JavaScript and Python (which differ in !'()* and /) and HTML forms write it, with %20 and with + for a space. */
function urlForms(secret: string): string[] {
  const component = encodeURIComponent(secret);
  const strict = component.replace(/[!'()*]/g, (mark) => `%${hex(mark, 2).toUpperCase()}`);
  const form = new URLSearchParams([["", secret]]).toString().slice("=".length);
  const encoded = [component, strict, strict.replaceAll("%2F", "/")];
  return [...encoded, ...encoded.map((url) => url.replaceAll("%20", "+")), form].flatMap((url) => [
    url,
    url.replace(/%../g, (octets) => octets.toLowerCase()),
  ]);
}

/** Inside a JSON string: as JavaScript writes it, and in ASCII only, as Python does. */
function jsonForms(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  return [json, json.replace(/[^ -~]/g, (unit) => `\\u${hex(unit, 4)}`)];
}

/** As Python's repr writes it, in the quotes that need fewer escapes; JavaScript's inspection does about the same. */
function pythonForms(secret: string): string[] {
  const repr = secret.replace(/[\p{Cc}\\]/gu, (mark) => PYTHON_ESCAPES.get(mark) ?? `\\x${hex(mark, 2)}`);
  return [repr, repr.replaceAll("'", "\\'")];
}

const PYTHON_ESCAPES = new Map([
  ["\\", "\\\\"],
  ["\t", "\\t"],
  ["\n", "\\n"],
  ["\r", "\\r"],
]);

/**
 * Inside single quotes (bash, Python's shlex) and double ones, and as bash's %q writes it, with $'…' where there are
 * controls.
 */
function shellForms(secret: string): string[] {
  return [
    secret.replaceAll("'", `'\\''`),
    secret.replaceAll("'", `'"'"'`),
    secret.replace(/["$`\\]/g, "\\$&"),
    secret.replace(/[\t\n !"$&'()*,;<>?[\\\]^`{|}]|^[#~]|(?<=[=:])~/g, "\\$&"),
    secret.replace(/[\p{Cc}'\\]/gu, (mark) => ANSI_C_ESCAPES.get(mark) ?? octal(mark)),
    // In the C locale, which services often have, it writes all that is not ASCII so.
    secret.replace(/[^ -~]|['\\]/gu, (mark) => ANSI_C_ESCAPES.get(mark) ?? octal(mark)),
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
