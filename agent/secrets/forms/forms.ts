import { isMaskable, SECRET_BYTES_MIN } from "../../../protocol/model/mask.ts";
import { base64Forms, baseForms } from "./base.ts";
import { commonJsonForms, jsonForms } from "./json.ts";
import { brokenLines, indentedLines } from "./lines.ts";
import { markupForms } from "./markup.ts";
import { doubledForms } from "./quotes.ts";
import { shellForms } from "./shell.ts";
import { sourceForms } from "./source.ts";
import { commonUrlForms, urlForms } from "./url.ts";
import { yamlForms } from "./yaml.ts";

/** A text that escaping does not change. */
const NOTHING_TO_ESCAPE = /^[\w.-]*$/;

/** A longer secret or line is masked only in its common forms: all forms together are hundreds of times as long as the text. */
export const ALL_FORMS_BYTES_MAX = 4 * 1024;

/** Bytes of all forms of a longer secret, without the secret itself and its lines. */
export const LONG_FORMS_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The forms in which a secret may be printed, as bytes: as it is, line by line, and as programs encode, quote and escape it and its
 * lines. None is shorter than `SECRET_BYTES_MIN`, and none comes twice. A secret that is too short has no forms. It stops once the
 * forms have more than `bytes_max` bytes together: then they are incomplete.
 */
export function secretForms(secret: string, bytes_max = Number.POSITIVE_INFINITY): Buffer[] {
  if (!isMaskable(secret)) return [];
  const forms = new Forms();
  if (!isLong(secret)) {
    for (const text of textsOf(secret))
      for (const form of allForms(text)) if (forms.add(form) > bytes_max) return forms.all;
    return forms.all;
  }
  const texts = textsOf(secret);
  for (const text of texts) if (forms.add(text) > bytes_max) return forms.all;
  // A long secret must leave room for others, so its rarer forms are left out if there is no room.
  const room = Math.min(LONG_FORMS_BYTES_MAX, (bytes_max - forms.bytes) / 2);
  const bound = forms.bytes + room;
  for (const form of longForms(texts)) if (!forms.addWithin(form, bound)) break;
  return forms.all;
}

/** A set of forms, as bytes. */
class Forms {
  readonly all: Buffer[] = [];
  readonly #seen = new Set<string>();
  bytes = 0;

  /** Adds a form. Returns the bytes of all forms. */
  add(form: string): number {
    this.addWithin(form, Number.POSITIVE_INFINITY);
    return this.bytes;
  }

  /** Adds a form if there is room for it. Returns whether there was. */
  addWithin(form: string, bytes_max: number): boolean {
    if (this.#seen.has(form)) return true;
    const bytes = Buffer.from(form);
    if (bytes.length < SECRET_BYTES_MIN) return true;
    if (this.bytes + bytes.length > bytes_max) return false;
    this.#seen.add(form);
    this.all.push(bytes);
    this.bytes += bytes.length;
    return true;
  }
}

function isLong(text: string): boolean {
  return Buffer.byteLength(text) > ALL_FORMS_BYTES_MAX;
}

/** Long texts in their common forms, then the short ones, which are lines, in all forms. */
function* longForms(texts: Iterable<string>): Generator<string> {
  const all = [...texts];
  for (const text of all) if (isLong(text)) yield* commonForms(text);
  for (const text of all) if (!isLong(text)) yield* allForms(text);
}

function* commonForms(text: string): Generator<string> {
  const whole = text.toWellFormed();
  yield* commonJsonForms(text);
  yield* base64Forms(Buffer.from(text));
  yield* commonUrlForms(whole);
  yield* indentedLines(text);
}

function* allForms(text: string): Generator<string> {
  if (!isMaskable(text)) return;
  yield text;
  yield* baseForms(Buffer.from(text));
  if (!NOTHING_TO_ESCAPE.test(text)) yield* escapedForms(text);
}

/**
 * The texts whose forms are masked. The secret, and the secret without white space around it, because shells drop the line end of a
 * file. Both with composed and decomposed characters, because file systems and programs differ. And each line that is not blank: a
 * blank one would mask the indentation of any text.
 */
function textsOf(secret: string): Set<string> {
  const texts = [secret, secret.trim()].flatMap((text) => [
    text,
    text.normalize("NFC"),
    text.normalize("NFD"),
  ]);
  const lines = secret.split(/\r?\n/).filter((line) => line.trim() !== "");
  return new Set([...texts, ...brokenLines(secret), ...lines]);
}

function* escapedForms(text: string): Generator<string> {
  const whole = text.toWellFormed();
  yield* indentedLines(text);
  yield* jsonForms(text);
  yield* urlForms(whole);
  yield* markupForms(whole);
  yield* sourceForms(whole);
  yield* shellForms(whole);
  yield* yamlForms(whole);
  yield* doubledForms(whole);
}
