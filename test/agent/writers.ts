import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { inspect } from "node:util";
import fc from "fast-check";
import { stringify } from "yaml";

/** The text that a program writes when it prints a secret, without the quotes around it. */
export interface Written {
  program: string;
  text: string;
}

const OUTPUT_BYTES_MAX = 2 ** 30;

/** Secrets as people and programs make them, with characters that are quoted, escaped, not printed, composed or beyond 16 bits. */
export const secret: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(..."abcdefXYZ0189") },
      { weight: 4, arbitrary: fc.constantFrom(...`"'\\\`$!&<>/%+=?#~*()[]{}|;:,.@^-_ `) },
      { weight: 2, arbitrary: fc.constantFrom(..."\n\r\t\b\f\v\x07\x1b\x01\x1a\x1f\x7f\x85\x9f") },
      {
        weight: 2,
        arbitrary: fc.constantFrom(..."\xa0\xad\u1680\u2003\u200b\u200d\u2028\u2029\u202e\u2060\u3000\ufeff"),
      },
      { weight: 2, arbitrary: fc.constantFrom("é", "e\u0301", "ß", "ñ", "日本", "한", "Ω", "—", "€") },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "😀",
          "👩‍💻",
          "𝒳",
          "\u{10ffff}",
          "\u{e0001}",
          "\ue000",
          "\ufffe",
          "\u0378",
        ),
      },
    ),
    { minLength: 1, maxLength: 24 },
  )
  .map((characters) => characters.join(""))
  .filter((text) => Buffer.byteLength(text) >= 4);

/** Each text as it is written by programs that every machine has. */
export function writtenEverywhere(texts: readonly string[]): Written[][] {
  const quoted = ["C.UTF-8", "C"].map((locale) => ({ locale, texts: bashQuotes(texts, locale) }));
  return texts.map((text, nth) => [
    { program: "as it is", text },
    { program: "at a terminal", text: text.replace(/\r?\n/g, "\r\n") },
    { program: "JSON.stringify", text: JSON.stringify(text).slice(1, -1) },
    { program: "JSON.stringify twice", text: JSON.stringify(JSON.stringify([text])).slice(4, -4) },
    { program: "encodeURIComponent", text: encodeURIComponent(text) },
    { program: "encodeURIComponent twice", text: encodeURIComponent(encodeURIComponent(text)) },
    { program: "encodeURI", text: encodeURI(text) },
    { program: "URLSearchParams", text: new URLSearchParams([["", text]]).toString().slice(1) },
    { program: "util.inspect", text: inspected(text) },
    {
      program: "the yaml package",
      text: stringify(text, { defaultStringType: "QUOTE_DOUBLE", lineWidth: 0 }).slice(1, -2),
    },
    ...quoted.map(({ locale, texts }) => ({ program: `bash %q, ${locale}`, text: texts[nth] ?? "" })),
  ]);
}

/** Each text as Python writes it, and as Python's tables say that other programs do. */
export function writtenByPython(texts: readonly string[]): Written[][] {
  const output = execFileSync("python3", [join(import.meta.dirname, "writers.py")], {
    input: JSON.stringify(texts),
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  const all: [string, string][][] = JSON.parse(output.toString());
  return all.map((written) => written.map(([program, text]) => ({ program, text })));
}

function bashQuotes(texts: readonly string[], locale: string): string[] {
  const script = `while IFS= read -r -d '' text; do printf '%q\\0' "$text"; done`;
  const output = execFileSync("bash", ["-c", script], {
    input: texts.map((text) => `${text}\0`).join(""),
    env: { ...process.env, LC_ALL: locale },
    maxBuffer: OUTPUT_BYTES_MAX,
  });
  const quoted = output.toString().split("\0").slice(0, -1);
  return quoted.map((text) => (text.startsWith("$'") ? text.slice(2, -1) : text));
}

/** In one line, even for a text of many lines. */
function inspected(text: string): string {
  const written = inspect([text], { breakLength: Number.POSITIVE_INFINITY, maxStringLength: null });
  return written.slice(3, -3);
}
