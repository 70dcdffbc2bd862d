import { PatternBudget } from "../../../agent/secrets/budget.ts";
import { Masker } from "../../../agent/secrets/masker.ts";
import { Secrets } from "../../../agent/secrets/secrets.ts";
import { MASK, SECRET_BYTES_MIN } from "../../../protocol/model/mask.ts";
import { bytesOf } from "../bytes.ts";
import { hashOf, piecesOf } from "../random.ts";
import { must, type Target } from "../target.ts";

/** The longest secret in characters: a longer one has so many forms that few of them would be tried. */
const SECRET_CHARS_MAX = 24;

/** Secrets in the first line with tabs between them, and an output that may contain them, in any pieces. The input is bytes. */
export const target: Target = {
  covers: [
    "secrets/masker.ts",
    "secrets/automaton.ts",
    "secrets/transitions.ts",
    "secrets/prefixes.ts",
    "secrets/patterns.ts",
    "secrets/secrets.ts",
    "forms/forms.ts",
    "forms/json.ts",
    "forms/shell.ts",
    "forms/url.ts",
    "forms/yaml.ts",
    "forms/markup.ts",
    "forms/base.ts",
    "forms/lines.ts",
    "forms/quotes.ts",
    "forms/source.ts",
  ],
  chars_max: 1_024,
  words: ["hunter22", "s3cr\u00e9t", "\\u0073", "%73", "&amp;", "aHVudGVyMjI=", "\t", "\n", "********"],
  seeds: [
    "hunter22\tanother-secret\nlogin hunter22 and another-secret\n",
    'p@ss "w" <&>\n{"a":"p@ss \\"w\\" <&>"} p%40ss%20%22w%22',
    "aaaa\taaaab\naaaaaaaabaaaa",
    "line one\\nline two\nline one\nline two",
  ],
  run: (input) => {
    const at = input.indexOf("\n");
    const [head, output] = at === -1 ? ["", input] : [input.slice(0, at), input.slice(at + 1)];
    const secrets = new Secrets(() => undefined, new PatternBudget());
    const values = head
      .split("\t")
      .slice(0, 3)
      .map((value) => value.slice(0, SECRET_CHARS_MAX));
    secrets.add("the test", values);
    const bytes = bytesOf(output);
    const whole = masked(secrets, [bytes]);
    must(
      masked(secrets, piecesOf(bytes, hashOf(input))).equals(whole),
      "the mask is the same, however output comes",
    );
    const left = whole.toString("latin1").split(MASK);
    for (const value of values) {
      const written = Buffer.from(value).toString("latin1");
      if (Buffer.byteLength(value) < SECRET_BYTES_MIN || value.trim() === "") continue;
      must(
        left.every((text) => !text.includes(written)),
        "no secret is left",
      );
    }
  },
};

function masked(secrets: Secrets, pieces: Buffer[]): Buffer {
  const masker = new Masker(secrets.automata);
  const shown = pieces.map((piece) => Buffer.from(masker.push(Buffer.from(piece))));
  return Buffer.concat([...shown, masker.finish()]);
}
