import { isMaskable, SECRET_BYTES_MIN } from "../../../protocol/mask.ts";
import { baseForms } from "./base.ts";
import { jsonForms } from "./json.ts";
import { brokenLines, indentedLines } from "./lines.ts";
import { markupForms } from "./markup.ts";
import { doubledForms } from "./quotes.ts";
import { shellForms } from "./shell.ts";
import { sourceForms } from "./source.ts";
import { urlForms } from "./url.ts";
import { yamlForms } from "./yaml.ts";

/** Such a text is the same in every form that only escapes characters. */
const NOTHING_TO_ESCAPE = /^[\w.-]*$/;

/**
 * The byte forms in which a secret may be printed: as it is, line by line, and as other programs encode, quote and escape it
 * and its lines. None is shorter than `SECRET_BYTES_MIN`, none comes twice; a secret that is too short itself has none.
 */
export function secretForms(secret: string): Buffer[] {
  if (!isMaskable(secret)) return [];
  const forms = new Set<string>();
  for (const text of textsOf(secret)) {
    if (!isMaskable(text)) continue;
    forms.add(text);
    for (const form of baseForms(Buffer.from(text))) forms.add(form);
    if (NOTHING_TO_ESCAPE.test(text)) continue;
    for (const form of escapedForms(text)) forms.add(form);
  }
  return [...forms].map((form) => Buffer.from(form)).filter((form) => form.length >= SECRET_BYTES_MIN);
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

function escapedForms(text: string): string[] {
  const whole = text.toWellFormed();
  return [
    ...indentedLines(text),
    ...jsonForms(text),
    ...urlForms(whole),
    ...markupForms(whole),
    ...sourceForms(whole),
    ...shellForms(whole),
    ...yamlForms(whole),
    ...doubledForms(whole),
  ];
}
