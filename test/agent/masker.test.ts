import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Automaton } from "../../agent/secrets/automaton.ts";
import { secretForms } from "../../agent/secrets/forms/forms.ts";
import { Masker, maskText } from "../../agent/secrets/masker.ts";
import { Patterns } from "../../agent/secrets/patterns.ts";
import { MASK, SECRET_BYTES_MIN } from "../../protocol/model/mask.ts";

type Span = { start: number; end: number };

/** Each byte as one character, so that the reference can work on strings. */
function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("latin1");
}

/** The covered ranges of a text, found the slow way. */
function spansOf(text: string, patterns: string[]): Span[] {
  const found = patterns.flatMap((pattern) => {
    const spans: Span[] = [];
    for (let start = text.indexOf(pattern); start !== -1; start = text.indexOf(pattern, start + 1)) {
      spans.push({ start, end: start + pattern.length });
    }
    return spans;
  });
  return merge(found);
}

/** Joins ranges that overlap. Ranges that only touch stay two. */
function merge(found: Span[]): Span[] {
  const merged: Span[] = [];
  for (const span of found.sort((one, other) => one.start - other.start)) {
    const last = merged.at(-1);
    if (last !== undefined && span.start < last.end) last.end = Math.max(last.end, span.end);
    else merged.push({ ...span });
  }
  return merged;
}

/** The text that the reference shows up to a place. */
function masked(text: string, patterns: string[], until = text.length): string {
  let shown = "";
  let at = 0;
  for (const { start, end } of spansOf(text, patterns)) {
    if (end > until) break;
    shown += text.slice(at, start) + MASK;
    at = end;
  }
  return shown + text.slice(at, until);
}

/** The place from which the reference holds a text back. */
function heldFrom(text: string, patterns: string[]): number {
  let pending = text.length;
  for (let start = 0; start < text.length && pending === text.length; start++) {
    const end = text.slice(start);
    if (patterns.some((pattern) => pattern.length > end.length && pattern.startsWith(end))) pending = start;
  }
  const open = spansOf(text, patterns).find(({ end }) => end > pending);
  return Math.min(pending, open?.start ?? pending);
}

function automatonOf(patterns: string[]): Automaton[] {
  return [new Automaton(patterns.map((pattern) => Buffer.from(pattern, "latin1")))];
}

/** Pushes a text in parts. Expects after each part exactly the text that the reference shows. */
function expectAsReference(automaton: Automaton[], patterns: string[], parts: string[]): void {
  const masker = new Masker(automaton);
  let read = "";
  let shown = "";
  for (const part of parts) {
    // The buffer is overwritten afterwards, as a pipe may do.
    const bytes = Buffer.from(part, "latin1");
    shown += toLatin1(masker.push(bytes));
    bytes.fill(0x2a);
    read += part;
    const until = heldFrom(read, patterns);
    expect(shown).toBe(masked(read, patterns, until));
    expect(masker.held).toBe(read.length - until);
  }
  expect(shown + toLatin1(masker.finish())).toBe(masked(read, patterns));
  expect(masker.held).toBe(0);
}

function cutAt(text: string, offsets: number[]): string[] {
  const cuts = [0, ...offsets.map((offset) => offset % (text.length + 1)).sort((a, b) => a - b), text.length];
  return cuts.slice(1).map((cut, nth) => text.slice(cuts[nth], cut));
}

function push(masker: Masker, text: string): string {
  return masker.push(Buffer.from(text)).toString();
}

const word = (characters: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength, maxLength });
const offsets = fc.array(fc.nat(200), { maxLength: 8 });
const parts = (text: fc.Arbitrary<string>) => fc.tuple(text, offsets).map(([text, at]) => cutAt(text, at));

describe("masking a stream", () => {
  it("masks secrets that overlap themselves, for every cut into two or three parts", () => {
    const patterns = ["aab", "aaab", "ababc", "aabaab", "0010", "abab", "aaaa"];
    const texts = ["aaab", "abababc", "00010", "xaabaabaabx", "aaaaaaab", "ababababcaab", "aabaaaababc"];
    for (const text of texts) {
      for (const some of [patterns, ...patterns.map((pattern) => [pattern])]) {
        const automaton = automatonOf(some);
        for (let one = 0; one <= text.length; one++) {
          for (let two = one; two <= text.length; two++)
            expectAsReference(automaton, some, cutAt(text, [one, two]));
        }
        expectAsReference(automaton, some, [...text]);
      }
    }
  });

  it.each([1, 2, 4])("shows what the reference shows, with secrets of %i bytes or more", (least) => {
    const patterns = fc.array(word("ab", least, 9), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(patterns, parts(word("abc", 0, 60)), (patterns, parts) =>
        expectAsReference(automatonOf(patterns), patterns, parts),
      ),
      { numRuns: 1500 },
    );
  });

  it("shows what the reference shows, with secrets of binary bytes", () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 6 }).map(toLatin1);
    const patterns = fc.array(bytes, { minLength: 1, maxLength: 10 });
    const cases = patterns.chain((patterns) => {
      const piece = fc.oneof(
        fc.constantFrom(...patterns),
        bytes,
        fc.constantFrom("\0", "\xff", "\0\0\0\0\0"),
      );
      return fc.tuple(
        fc.constant(patterns),
        parts(fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""))),
      );
    });
    fc.assert(
      fc.property(cases, ([patterns, parts]) => expectAsReference(automatonOf(patterns), patterns, parts)),
      { numRuns: 500 },
    );
  });

  it("shows what the reference shows, with thousands of secrets", () => {
    const patterns = fc.sample(word("abcdefgh", 4, 12), { numRuns: 3000, seed: 1 });
    const automaton = automatonOf(patterns);
    fc.assert(
      fc.property(parts(word("abcdefghi ", 0, 150)), (parts) =>
        expectAsReference(automaton, patterns, parts),
      ),
      { numRuns: 50 },
    );
  });

  it("writes two masks for secrets that touch, and one for secrets that overlap", () => {
    expect(maskText(automatonOf(["abcd", "efgh"]), "abcdefgh")).toBe(MASK + MASK);
    expect(maskText(automatonOf(["abcd", "defg"]), "abcdefgh")).toBe(`${MASK}h`);
  });

  it("joins all ranges that a later occurrence overlaps, however far back it begins", () => {
    for (const patterns of [
      ["ab", "babb"],
      ["abcd", "xyzw", "cdxyzwq"],
      ["abcd", "efgh", "dxefghy"],
    ]) {
      for (const text of ["ababb", "abcdxyzwq", "abcdxefghy"]) {
        expectAsReference(automatonOf(patterns), patterns, [text]);
        expectAsReference(automatonOf(patterns), patterns, [...text]);
      }
    }
  });

  it("holds nothing back after a secret that ends another one, as no longer match is possible", () => {
    for (const patterns of [
      ["a", "ba"],
      ["xaabb", "aabb"],
    ]) {
      const masker = new Masker(automatonOf(patterns));
      expect(push(masker, patterns.join("")).endsWith(MASK)).toBe(true);
      expect(masker.held).toBe(0);
      expectAsReference(automatonOf(patterns), patterns, ["ba", "xaabb"]);
    }
  });

  it("passes everything on unchanged without a secret", () => {
    const bytes = Buffer.from("abc");
    expect(new Masker([]).push(bytes)).toBe(bytes);
    expect(new Masker([new Automaton([])]).push(bytes)).toEqual(bytes);
  });

  it("starts again after it has finished", () => {
    const masker = new Masker(automatonOf(["secret"]));
    expect(push(masker, "xsec")).toBe("x");
    expect(masker.finish().toString()).toBe("sec");
    expect(push(masker, "ret secret")).toBe(`ret ${MASK}`);
  });
});

describe("releasing bytes that are held for too long", () => {
  it("shows the short beginning of a secret, and still masks the rest", () => {
    const masker = new Masker(automatonOf(["secret"]));
    expect(push(masker, "x sec")).toBe("x ");
    expect(masker.release().toString()).toBe("sec");
    expect(masker.held).toBe(0);
    expect(push(masker, "r")).toBe("");
    expect(masker.release().toString()).toBe("");
    expect(masker.held).toBeGreaterThan(0);
    expect(push(masker, "et.")).toBe(`${MASK}.`);
  });

  it("shows the rest in clear when no secret follows", () => {
    const masker = new Masker(automatonOf(["secret"]));
    expect(push(masker, "sec") + masker.release() + push(masker, "re") + push(masker, "d")).toBe("secred");
  });

  it("shows a covered range that could still grow as one mask, however far it grows", () => {
    const masker = new Masker(automatonOf(["abab"]));
    expect(push(masker, "abab")).toBe("");
    expect(masker.release().toString()).toBe(MASK);
    expect(push(masker, "ab")).toBe("");
    expect(masker.release().toString()).toBe("");
    expect(push(masker, "ab.abab.")).toBe(`.${MASK}.`);
  });

  it("never shows four bytes of a secret, whenever it is called", () => {
    const patterns = fc.array(word("ab", 4, 8), { minLength: 1, maxLength: 4 });
    const reads = fc.array(word("abc", 0, 12), { maxLength: 10 });
    fc.assert(
      fc.property(patterns, reads, fc.infiniteStream(fc.boolean()), (patterns, reads, releases) => {
        const masker = new Masker(automatonOf(patterns));
        let shown = "";
        for (const read of reads) {
          shown += push(masker, read);
          if (releases.next().value) shown += masker.release();
        }
        shown += masker.finish();
        expect(patterns.filter((pattern) => shown.includes(pattern))).toEqual([]);
        // Bytes that no secret covers are shown. Of each occurrence, at most three more bytes are.
        const text = reads.join("");
        const covered = spansOf(text, patterns).reduce((sum, { start, end }) => sum + end - start, 0);
        const starts = [...text].filter((_, at) => patterns.some((pattern) => text.startsWith(pattern, at)));
        const more = shown.replaceAll(MASK, "").length - (text.length - covered);
        expect(more).toBeGreaterThanOrEqual(0);
        expect(more).toBeLessThanOrEqual((SECRET_BYTES_MIN - 1) * starts.length);
      }),
      { numRuns: 2000 },
    );
  });
});

/** The documented rules of a masker, applied the slow way: to the whole text each time. */
class Reference {
  #text = "";
  #shown = 0;
  #maskLast = false;
  /** Each pattern with the place from which it counts: the place from which text was held when the pattern was added. */
  readonly #known: { pattern: string; from: number }[] = [];
  #heldFrom = 0;

  learn(patterns: string[]): void {
    for (const pattern of patterns) this.#known.push({ pattern, from: this.#heldFrom });
  }

  push(part: string): string {
    this.#text += part;
    const shown = this.#show(this.#decided);
    this.#heldFrom = this.#pending;
    return shown;
  }

  release(): string {
    const pending = this.#pending;
    if (this.#text.length - pending < SECRET_BYTES_MIN) return this.#show(this.#text.length);
    const open = this.#spans.find(({ start, end }) => start <= pending && pending < end);
    return this.#show(open?.end ?? this.#decided);
  }

  finish(): string {
    return this.#show(this.#text.length);
  }

  get held(): number {
    return this.#text.length - this.#shown;
  }

  get #spans(): Span[] {
    const found = this.#known.flatMap(({ pattern, from }) =>
      Array.from(this.#text, (_, at) => at).flatMap((start) =>
        start >= from && this.#text.startsWith(pattern, start)
          ? [{ start, end: start + pattern.length }]
          : [],
      ),
    );
    return merge(found);
  }

  get #pending(): number {
    for (let start = 0; start < this.#text.length; start++) {
      const end = this.#text.slice(start);
      const begins = ({ pattern, from }: { pattern: string; from: number }) =>
        start >= from && pattern.length > end.length && pattern.startsWith(end);
      if (this.#known.some(begins)) return start;
    }
    return this.#text.length;
  }

  get #decided(): number {
    const pending = this.#pending;
    return Math.min(pending, ...this.#spans.filter(({ end }) => end > pending).map(({ start }) => start));
  }

  #show(bound: number): string {
    let shown = "";
    for (const { start, end } of this.#spans.filter(({ end }) => end <= bound && end > this.#shown)) {
      shown += this.#text.slice(this.#shown, start);
      // A range that goes on under a shown mask needs no other mask. Behind a beginning in clear, it needs its first.
      if (start >= this.#shown || !this.#maskLast) shown += MASK;
      this.#shown = end;
      this.#maskLast = true;
    }
    if (bound > this.#shown) {
      shown += this.#text.slice(this.#shown, bound);
      this.#shown = bound;
      this.#maskLast = false;
    }
    return shown;
  }
}

describe("reading, releasing and adding secrets in any order", () => {
  const step = (characters: string, longest: number) =>
    fc.oneof(
      { weight: 6, arbitrary: fc.record({ push: word(characters, 0, 7) }) },
      { weight: 2, arbitrary: fc.constant({ release: true as const }) },
      {
        weight: 2,
        arbitrary: fc.record({
          learn: fc.array(word(characters, 1, longest), { minLength: 1, maxLength: 2 }),
        }),
      },
    );

  it.each([
    ["ab", 10],
    ["abc", 6],
    ["01", 16],
  ] as const)("shows at each step what the reference shows, over %j", (characters, longest) => {
    fc.assert(
      fc.property(fc.array(step(characters, longest), { maxLength: 25 }), (steps) => {
        const patterns = new Patterns();
        const masker = new Masker(patterns.automata);
        const reference = new Reference();
        for (const step of steps) {
          if ("learn" in step) {
            patterns.add(step.learn.map((pattern) => Buffer.from(pattern)));
            masker.replace(patterns.automata);
            reference.learn(step.learn);
          } else if ("push" in step) expect(push(masker, step.push)).toBe(reference.push(step.push));
          else expect(masker.release().toString()).toBe(reference.release());
          expect(masker.held).toBe(reference.held);
        }
        expect(masker.finish().toString()).toBe(reference.finish());
      }),
      { numRuns: 2000 },
    );
  });
});

describe("patterns that are added one by one", () => {
  it("are in few automata, most of which stay unchanged when a pattern is added", () => {
    const patterns = new Patterns();
    let built = 0;
    let before = patterns.automata;
    for (let nth = 1; nth <= 2000; nth++) {
      patterns.add([Buffer.from(`secret ${nth}!`)]);
      const { automata } = patterns;
      expect(automata.length).toBeLessThanOrEqual(8);
      built += automata.filter((automaton) => !before.includes(automaton)).length;
      before = automata;
      expect(patterns.automata).toBe(automata);
      if (nth % 100 === 0) {
        expect(maskText(automata, `<secret 1!><secret ${nth}!><secret ${nth + 1}!>`)).toBe(
          `<${MASK}><${MASK}><secret ${nth + 1}!>`,
        );
      }
    }
    expect(built).toBe(2000);
  });
});

describe("adding secrets in the middle of a stream", () => {
  it("finds them in the text that is held", () => {
    const masker = new Masker(automatonOf(["secret"]));
    expect(push(masker, "x secr")).toBe("x ");
    masker.replace(automatonOf(["secret", "ecru"]));
    expect(push(masker, "u secret")).toBe(`s${MASK} ${MASK}`);
  });

  it("finds the end of a secret whose beginning was released", () => {
    const masker = new Masker(automatonOf(["secret"]));
    expect(push(masker, "sec") + masker.release()).toBe("sec");
    masker.replace(automatonOf(["secret", "section"]));
    expect(push(masker, "tion.")).toBe(`${MASK}.`);
  });

  it("masks as if they had been known from the start where their first character is still to come", () => {
    const known = fc.array(word("ab", 1, 6), { minLength: 1, maxLength: 4 });
    const added = fc.array(word("xy", 1, 6).map((tail) => `z${tail}`));
    fc.assert(
      fc.property(known, added, word("abc", 0, 20), word("abxyz", 0, 40), (known, added, before, after) => {
        const masker = new Masker(automatonOf(known));
        const all = [...known, ...added];
        let shown = push(masker, before);
        masker.replace(automatonOf(all));
        shown += push(masker, after) + masker.finish();
        expect(shown).toBe(masked(before + after, all));
      }),
      { numRuns: 1000 },
    );
  });

  it("keeps covered text covered, also when its secret is removed", () => {
    const masker = new Masker(automatonOf(["abab"]));
    expect(push(masker, "xabab")).toBe("x");
    masker.replace([]);
    expect(push(masker, "ab") + masker.finish()).toBe(`${MASK}ab`);
  });
});

/** A text as Python's json.dumps writes it by default: in ASCII, with JSON's short escapes. */
function pythonJson(text: string): string {
  const short: Record<string, string> = { '"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  return [...Array(text.length).keys()]
    .map((at) => text.charAt(at))
    .map(
      (unit) =>
        short[unit] ?? (/[ -~]/.test(unit) ? unit : `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`),
    )
    .join("");
}

describe("the forms of a secret", () => {
  const secrets = [
    "hunter2!",
    `it's "quoted" \\ and spaced`,
    "line one\nline two's\r\nthird\n",
    "pässwörd € 😀\u007f",
    "a+b/c?d=e&f~g*(h)[i]{j},k;l<m>n|o^p`q$r#s%t@u:~v",
    "#starts like a comment",
    "~home",
    "tab\tand\x1bescape\x01",
    "\u{3ff}>>>???~~~",
  ];

  /** Expects that a text shows only the characters around a secret. */
  function expectMasked(secret: string, text: string, encoded: string): void {
    expect(text).toContain(encoded);
    expect(maskText([new Automaton(secretForms(secret))], text)).toBe(text.replace(encoded, () => MASK));
  }

  it.each(secrets)("include those that other programs write: %j", (secret) => {
    const encoded = [
      secret,
      encodeURIComponent(secret),
      encodeURIComponent(secret).replaceAll("%20", "+"),
      new URLSearchParams({ key: secret }).toString().slice("key=".length),
      JSON.stringify(secret).slice(1, -1),
      pythonJson(secret),
      secret.replaceAll("'", `'\\''`),
      secret.replaceAll("'", `'"'"'`),
    ];
    for (const one of encoded) expectMasked(secret, `<<${one}>>`, one);
  });

  // A service often has no locale. Bash then writes each character beyond ASCII as octal numbers.
  const in_locales = ["C.UTF-8", "C"].flatMap((LC_ALL) => secrets.map((secret) => ({ LC_ALL, secret })));

  it.each(in_locales)("include those of bash's printf: $LC_ALL, $secret", ({ LC_ALL, secret }) => {
    const quoted = execFileSync("bash", ["-c", 'printf %q "$1"', "-", secret], {
      env: { ...process.env, LC_ALL },
    }).toString();
    const inner = quoted.startsWith("$'") ? quoted.slice(2, -1) : quoted;
    expectMasked(secret, `<<${inner}>>`, inner);
  });

  it("include those of Python", { tags: "python3" }, () => {
    const program = `
import json, shlex, sys
from urllib.parse import quote, quote_plus, urlencode
write = lambda text: [json.dumps(text), repr(text), str([text]), quote(text), quote_plus(text), urlencode({"": text}), shlex.quote(text)]
json.dump([write(text) for text in json.loads(sys.argv[1])], sys.stdout)`;
    const written: string[][] = JSON.parse(
      execFileSync("python3", ["-c", program, JSON.stringify(secrets)]).toString(),
    );
    for (const [nth, secret] of secrets.entries()) {
      for (const text of written[nth] ?? []) {
        const shown = maskText([new Automaton(secretForms(secret))], text);
        expect(shown).toMatch(/^[[='"]*\*{8}['"\]]*$/);
      }
    }
  });

  it.each(in_locales)("include those of bash's declare and trace: $LC_ALL, $secret", ({ LC_ALL, secret }) => {
    const script = `value=$1; declare -p value; set -x; : "$value"`;
    const written = execFileSync("bash", ["-c", `exec 2>&1; ${script}`, "-", secret], {
      env: { ...process.env, LC_ALL },
    }).toString();
    const shown = maskText([new Automaton(secretForms(secret))], written);
    expect(shown).toMatch(/^declare -- value=\$?["']\*{8}["']\n\+ : \$?'?\*{8}'?\n$/);
  });

  it.each([
    ["base64", ["-w76"]],
    ["base64", ["-w64"]],
    ["base64", ["-w0"]],
  ] as const)("include base64 that is broken into lines: %s %j", (program, args) => {
    for (const secret of [
      "a token of medium length, which just fits",
      "x/y+z?~".repeat(9),
      `${"long > ".repeat(60)}!`,
    ]) {
      const written = execFileSync(program, args, { input: `${secret}\n` }).toString();
      for (const text of [written, written.replaceAll("\n", "\r\n")]) {
        const shown = maskText([new Automaton(secretForms(secret))], text);
        // The last characters of a group depend on the line end too.
        expect(shown.trim()).toMatch(/^\*{8}.{0,4}$/s);
      }
    }
  });

  it("include the text without the white space around it", () => {
    const automata = [new Automaton(secretForms(" a token in a file\n"))];
    const text = "a token in a file";
    for (const written of [text, Buffer.from(text).toString("base64"), encodeURIComponent(text)])
      expect(maskText(automata, `<${written}>`)).toMatch(/^<\*{8}[^>]{0,4}>$/);
  });

  it.each(["base64", "base64url"] as const)(
    "include %s of a longer text that contains the secret",
    (encoding) => {
      const around = fc.uint8Array({ maxLength: 9 });
      const secret = fc.oneof(
        fc.constantFrom(...secrets),
        fc.string({ unit: "grapheme", minLength: 4, maxLength: 20 }),
      );
      fc.assert(
        fc.property(secret, around, around, (secret, before, after) => {
          const text = Buffer.concat([before, Buffer.from(secret), after]).toString(encoding);
          const shown = maskText([new Automaton(secretForms(secret))], text);
          const size = Buffer.byteLength(secret);
          const start = Math.ceil((8 * before.length) / 6);
          const end = Math.floor((8 * (before.length + size)) / 6);
          expect(end - start).toBeGreaterThanOrEqual(SECRET_BYTES_MIN);
          expect(shown).toContain(MASK);
          expect(shown).not.toContain(text.slice(start, end));
        }),
        { numRuns: 1000 },
      );
    },
  );

  it("include each of its lines, with any line end", () => {
    const automaton = [new Automaton(secretForms("first line\r\n    \nabc\nsecond line"))];
    expect(maskText(automaton, "1: first line\n2: second line\n    abc")).toBe(
      `1: ${MASK}\n2: ${MASK}\n    abc`,
    );
  });

  it("are all different, and none is too short", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 12 }), (secret) => {
        const forms = secretForms(secret).map(toLatin1);
        expect(new Set(forms).size).toBe(forms.length);
        for (const form of forms) expect(form.length).toBeGreaterThanOrEqual(SECRET_BYTES_MIN);
        const size = Buffer.byteLength(secret);
        expect(forms.includes(toLatin1(Buffer.from(secret)))).toBe(size >= SECRET_BYTES_MIN);
      }),
    );
    expect(secretForms("abc")).toEqual([]);
    expect(secretForms("a lone \ud800 surrogate").length).toBeGreaterThan(0);
  });
});
