import { ENTITIES } from "./entities.ts";
import { type Escapes, hex } from "./escapes.ts";

/** Escapes of the characters with a meaning in HTML and XML. Programs differ in the quotes. */
const MARKS: readonly Escapes[] = [
  // Text, and text of canonical XML, where > stays in attributes.
  marks({}),
  without(">", { '"': "&quot;" }),
  without(">", {}),
  // Attributes with double quotes; with both, as Python, PHP, XML, Go and JavaScript's libraries write them.
  marks({ '"': "&quot;" }),
  marks({ "'": "&#x27;" }),
  marks({ "'": "&apos;" }),
  marks({ "'": "&#39;" }),
  marks({ '"': "&quot;", "'": "&#x27;" }),
  marks({ '"': "&quot;", "'": "&#039;" }),
  marks({ '"': "&quot;", "'": "&apos;" }),
  marks({ '"': "&quot;", "'": "&#39;" }),
  marks({ '"': "&#34;", "'": "&#39;" }),
  marks({ '"': "&quot;", "'": "&#x27;", "/": "&#x2F;" }),
  marks({ '"': "&quot;", "'": "&#x27;", "`": "&#x60;" }),
  marks({ '"': "&quot;", "'": "&#39;", "/": "&#x2F;", "`": "&#x60;", "=": "&#x3D;" }),
];

/** Characters that programs escape by their numbers only. */
const NUMBERED = ["<>&", `<>&"`, `<>&"'`];

/** Escapes of line ends and tabs in XML attributes. */
const SPACES: readonly Escapes[] = [
  new Map([["\r", "&#13;"]]),
  new Map([
    ["\n", "&#10;"],
    ["\r", "&#13;"],
    ["\t", "&#9;"],
  ]),
  new Map([
    ["\n", "&#10;"],
    ["\r", "&#13;"],
    ["\t", "&#09;"],
  ]),
  new Map([
    ["\n", "&#xA;"],
    ["\r", "&#xD;"],
    ["\t", "&#x9;"],
  ]),
  new Map([["\r", "&#xD;"]]),
];

/** Ways to write characters beyond ASCII: by their names, or by their numbers. */
const BEYOND_ASCII: readonly ((character: string) => string)[] = [
  (character) => (character === "\u00a0" ? "&nbsp;" : character),
  (character) => ENTITIES.get(character) ?? character,
  (character) => ENTITIES.get(character) ?? decimal(character),
  decimal,
  (character) => `&#x${hex(character, 1)};`,
];

/**
 * In HTML and XML: marks as named, decimal and hexadecimal entities, and characters beyond ASCII as they are or as entities. A
 * generator, because a secret may have thousands of forms.
 */
export function* markupForms(secret: string): Generator<string> {
  const marked = new Set([
    ...MARKS.map((escapes) => secret.replace(/[<>&"'/`=]/g, (mark) => escapes.get(mark) ?? mark)),
    ...NUMBERED.flatMap((characters) => numbered(secret, new RegExp(`[${characters}]`, "gu"))),
    // As cautious libraries write it, such as OWASP's: in attributes, and in text.
    ...numbered(secret, /[^A-Za-z0-9,.\-_]/gu),
    ...numbered(secret, /[^A-Za-z0-9,.\-_ ]/gu),
  ]);
  const isAscii = !/[^\0-\x7f]/u.test(secret);
  for (const form of new Set([...marked].flatMap((one) => [one, ...withSpaces(one)]))) {
    yield* entityCases(form);
    if (isAscii) continue;
    for (const write of BEYOND_ASCII)
      yield* entityCases(form.replace(/[^\0-\x7f]/gu, (character) => write(character)));
  }
}

/** With hexadecimal digits as they are, in upper case, and in lower case. */
function entityCases(form: string): string[] {
  return [
    form,
    form.replace(/&#x[\da-f]+;/gi, (entity) => `&#x${entity.slice("&#x".length).toUpperCase()}`),
    form.replace(/&#x[\da-f]+;/gi, (entity) => entity.toLowerCase()),
  ];
}

function withSpaces(text: string): string[] {
  return SPACES.map((escapes) => text.replace(/[\n\r\t]/g, (space) => escapes.get(space) ?? space));
}

function numbered(text: string, escaped: RegExp): string[] {
  return [
    text.replace(escaped, decimal),
    text.replace(escaped, (character) => `&#x${hex(character, 1)};`),
    text.replace(escaped, (character) => `&#x${hex(character, 2)};`),
  ];
}

function decimal(character: string): string {
  return `&#${character.codePointAt(0)};`;
}

function marks(quotes: Record<string, string>): Escapes {
  return new Map([["&", "&amp;"], ["<", "&lt;"], [">", "&gt;"], ...Object.entries(quotes)]);
}

function without(mark: string, quotes: Record<string, string>): Escapes {
  return new Map([...marks(quotes)].filter(([character]) => character !== mark));
}
