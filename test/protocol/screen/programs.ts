import fc from "fast-check";

const ESC = "\u001b";
const number = fc.nat({ max: 12 }).map((value) => (value === 12 ? "" : String(value)));

const text = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("a", "bc ", "def", "lorem ipsum", " ", "-----", "0123456789abcdefghijk"),
  },
  { weight: 2, arbitrary: fc.constantFrom("é", "━━━", "█▏", "⠋", "→", "ж") },
  { weight: 2, arbitrary: fc.constantFrom("漢", "漢字漢字", "🎉", "a漢b", "✅", "한") },
  {
    weight: 2,
    arbitrary: fc.constantFrom("\u0301", "e\u0301", "漢\u0301", "👩\u200d👧", "\ufe0f", "\u200b", "❤\ufe0f"),
  },
);

const control = fc.constantFrom(
  "\n",
  "\n",
  "\r\n",
  "\r\n",
  "\r",
  "\r",
  "\b",
  "\t",
  "\t",
  "\v",
  "\f",
  "\u0000",
  "\u0007",
);

const moved = fc
  .tuple(fc.constantFrom(..."ABCDEFGHIZ`adef"), number, number)
  .map(([final, first, second]) => `${ESC}[${"Hf".includes(final) ? `${first};${second}` : first}${final}`);

const edited = fc.oneof(
  fc.tuple(fc.constantFrom(..."@LMPSTX"), number).map(([final, count]) => `${ESC}[${count}${final}`),
  fc.constantFrom("J", "0J", "2J", "K", "0K", "1K", "2K", "?J", "?K", "9K").map((how) => `${ESC}[${how}`),
  // xterm fails if the cursor is at the end of the last row.
  fc.nat({ max: 3 }).map((column) => `${ESC}[${column + 1}G${ESC}[1J`),
);

const colour = fc.constantFrom(
  ...["0", "", "1", "2", "3", "5", "7", "8", "9", "22", "23", "25", "27", "28", "29", "53", "55"],
  ...[
    "31",
    "37",
    "39",
    "42",
    "47",
    "49",
    "91",
    "97",
    "100",
    "107",
    "38;5;196",
    "48;5;17",
    "38;5",
    "38",
    "48;5;300",
  ],
  ...[
    "38;2;1;2;3",
    "48;2;250;100;7",
    "38:2:9:8:7",
    "38:2::9:8:7",
    "38:5:99",
    "48:2:1",
    "38;2;1",
    "48:5",
    "38;5:7",
    "77",
  ],
);

/** xterm does not save an underline with the cursor, so no program has both. */
const underline = fc.constantFrom(
  "4",
  "24",
  "4:3",
  "4:0",
  "4:",
  "4:9",
  "21",
  "58:5:9",
  "58;2;1;2;3",
  "4:2;58:2::7:8:9",
);

/** xterm's alternate screen has tab stops of its own, others' has not. */
const stops = fc.constantFrom(`${ESC}H`, `${ESC}[g`, `${ESC}[3g`, "\u0088");

/** xterm does not save a link with the cursor either. */
const link = fc.constantFrom(
  `${ESC}]8;;https://example.com/\u0007link`,
  `${ESC}]8;id=1;http://example.com${ESC}\\x`,
  `${ESC}]8;;${ESC}\\`,
);

const styled = (parts: fc.Arbitrary<string>) =>
  fc.array(parts, { minLength: 1, maxLength: 3 }).map((codes) => `${ESC}[${codes.join(";")}m`);

const saved = fc.constantFrom(`${ESC}7`, `${ESC}8`, `${ESC}[s`, `${ESC}[u`, `${ESC}[?1048h`, `${ESC}[?1048l`);
const alternate = fc.constantFrom(
  ...["47", "1047", "1049"].flatMap((mode) => [`${ESC}[?${mode}h`, `${ESC}[?${mode}l`]),
);

const other = fc.oneof(
  fc.constantFrom(`${ESC}D`, `${ESC}E`, `${ESC}M`, `${ESC}M`, "\u0084", "\u0085", `${ESC}[!p`),
  fc.constantFrom(
    `${ESC}(0`,
    `${ESC}(B`,
    `${ESC})0`,
    "\u000e",
    "\u000f",
    "lqqk\r\n",
    `${ESC}n`,
    `${ESC}*0`,
    `${ESC}%G`,
  ),
  fc.constantFrom(`${ESC}[4h`, `${ESC}[4l`, `${ESC}[20h`, `${ESC}[20l`, `${ESC}[?25l`, `${ESC}[?2026h`),
  fc.tuple(number, number).map(([top, bottom]) => `${ESC}[${top};${bottom}r`),
  number.map((count) => `x${ESC}[${count}b`),
);

/** Sequences without effect, in part malformed. Text behind them must be where it belongs. */
const ignored = fc.constantFrom(
  ...[`${ESC}]0;title\u0007`, `${ESC}]2;t${ESC}\\`, `${ESC}]8;;\u0007`],
  ...[
    `${ESC}Pq#0;1${ESC}\\`,
    `${ESC}_app${ESC}\\`,
    `${ESC}^pm${ESC}\\`,
    `${ESC}Xsos${ESC}\\`,
    `${ESC}]0;cut\u0018`,
  ],
  ...[
    `${ESC}[>4;2m`,
    `${ESC}[=1h`,
    `${ESC}[1 q`,
    `${ESC}[1$}`,
    `${ESC}[<u`,
    `${ESC}[?1;2c`,
    `${ESC}[12;`,
    `${ESC}[1<2m`,
  ],
  ...[
    `${ESC}[3\n1m`,
    `${ESC}${ESC}[A`,
    `${ESC}[\u001831m`,
    `${ESC}[5漢`,
    `${ESC}=`,
    `${ESC}>`,
    `${ESC} F`,
    `${ESC}[99999999999C`,
  ],
  ...["\u009b2D", "\u009b31m", "\u0090q\u009c", "\u009d0;t\u009c", "\u0081", "\u007f"],
);

const common = [
  { weight: 8, arbitrary: text },
  { weight: 5, arbitrary: control },
  { weight: 4, arbitrary: moved },
  { weight: 3, arbitrary: edited },
  { weight: 3, arbitrary: styled(colour) },
  { weight: 2, arbitrary: other },
  { weight: 1, arbitrary: ignored },
];

const steps = (...more: { weight: number; arbitrary: fc.Arbitrary<string> }[]) =>
  fc.array(fc.oneof(...common, ...more), { minLength: 1, maxLength: 30 });

/** Outputs of text and sequences, cut anywhere. */
export const PROGRAMS: fc.Arbitrary<{ output: string; cuts: number[] }> = fc.record({
  output: fc
    .oneof(
      steps({ weight: 2, arbitrary: saved }, { weight: 1, arbitrary: alternate }),
      steps(
        { weight: 2, arbitrary: styled(fc.oneof(colour, underline)) },
        { weight: 1, arbitrary: link },
        { weight: 1, arbitrary: stops },
      ),
    )
    .map((parts) => parts.join("")),
  cuts: fc.array(fc.nat({ max: 300 }), { maxLength: 6 }),
});

/** The pieces of an output between cuts. */
export function piecesOf(output: string, cuts: readonly number[]): string[] {
  const places = [0, ...cuts.map((cut) => cut % (output.length + 1)), output.length].sort((a, b) => a - b);
  return places.slice(1).map((end, at) => output.slice(places[at], end));
}
