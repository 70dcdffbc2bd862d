import { writeExact } from "../../../protocol/base/numbers.ts";
import { readYaml, writeYaml, YamlError } from "../../../protocol/base/yaml.ts";
import { must, type Target } from "../target.ts";

/** YAML in the forms of packs and templates. */
export const target: Target = {
  covers: [
    "protocol/base/yaml.ts",
    "protocol/base/json.ts",
    "compose/composer.js",
    "parse/parser.js",
    "parse/lexer.js",
    "compose/resolve-props.js",
  ],
  seeds: [
    "name: core\nref: core\nversion: 1.0.0\nauthor: a\n",
    "a: &x {b: [1, 0644, 1_000, .5, 1e3, 9007199254740993]}\nc: *x\n<<: *x\n",
    "text: |\n  two\n  lines\nfolded: >-\n  one\n  line\nquoted: \"a\\u00e4\\n\"\nsingle: 'it''s'\n",
    "- yes\n- no\n- y\n- ~\n- 2026-11-24\n- !!str 5\n- !!binary aGk=\n- ? a\n  : b\n",
    "%YAML 1.1\n---\na: 1\n...\n---\nb: 2\n",
    "# only a comment\n",
    "[[[[{a: [b, {c: d}]}]]]]",
  ],
  words: [
    "&a ",
    "*a",
    "<<: ",
    "!!map ",
    "!!set ",
    "!!omap ",
    "!!binary ",
    "? ",
    ": ",
    "- ",
    "---\n",
    "%TAG ! x",
    "|+2\n",
    ">\n",
    "\t",
  ],
  chars_max: 4_096,
  throws: [YamlError],
  run: (input) => {
    const { value, document, lines } = readYaml(input);
    lines.linePos(document.range?.[0] ?? 0);
    // The library does not write this mark at the beginning of a text.
    if (input.includes("\ufeff")) return;
    // It loses a space of a text that is the whole document, which no document of ours is.
    const written = writeYaml([value ?? null]);
    must(writeExact(readYaml(written).value) === writeExact([value]), "what is written is read as the same");
  },
};
