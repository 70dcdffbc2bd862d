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

/** Such a text is the same in every form that only escapes characters. */
const NOTHING_TO_ESCAPE = /^[\w.-]*$/;

/** A secret or a line with more bytes is looked for in the common forms only: all of them are hundreds of times its size. */
export const ALL_FORMS_BYTES_MAX = 4 * 1024;

/** Bytes of all forms of such a secret, but for the secret itself and its lines. */
export const LONG_FORMS_BYTES_MAX = 4 * 1024 * 1024;

/**
 * The byte forms in which a secret may be printed: as it is, line by line, and as other programs encode, quote and escape it
 * and its lines. None is shorter than `SECRET_BYTES_MIN`, none comes twice; a secret that is too short itself has none.
 * The building stops as soon as they have more than `bytes_max` together, so a caller that gets more has not got all.
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
  // A long one leaves room for others, and its rarer forms are left out where there is none.
  const room = Math.min(LONG_FORMS_BYTES_MAX, (bytes_max - forms.bytes) / 2);
  const bound = forms.bytes + room;
  for (const form of longForms(texts)) if (!forms.addWithin(form, bound)) break;
  return forms.all;
}

/** Forms as bytes, each once. */
class Forms {
  readonly all: Buffer[] = [];
  readonly #seen = new Set<string>();
  bytes = 0;

  /** Returns how many bytes they have together. */
  add(form: string): number {
    this.addWithin(form, Number.POSITIVE_INFINITY);
    return this.bytes;
  }

  /** Tells whether there was room for it. */
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

/** The long texts in the common forms, then each other one, which is a line, in all. */
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
 * The texts that are looked for in all forms: the secret, and without the white space around it, as shells drop the line end
 * of a file that they read; both with their characters composed and decomposed, as some file systems and programs store
 * them; and each line, but a blank one, as it would hide the indentation of all text.
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
