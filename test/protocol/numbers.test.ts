import fc from "fast-check";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { isExact, nearest, readExact, writeExact } from "../../protocol/base/numbers.ts";
import { pythonLiteral } from "../../protocol/base/python-literal.ts";
import { readYaml, writeYaml } from "../../protocol/base/yaml.ts";
import { castText } from "../../protocol/model/casts.ts";

/** Numbers whose digits a double does not keep. */
const OTHERWISE = [
  "9007199254740993",
  "-9223372036854775808",
  "340282366920938463463374607431768211456",
  "0.1000000000000000055",
  "1e999",
  "-1E-999",
  "1.0",
  "100.50",
  "-0",
  "-0.0",
  "6.02e+23",
  "0.0000001",
  "1234567.8901234567",
];
const PLAIN = ["0", "1", "-5", "3.25", "9007199254740991", "123456789012.5"];

const digits = fc.stringMatching(/^-?(0|[1-9]\d{0,40})(\.\d{1,30})?([eE][-+]?\d{1,4})?$/);

/** JSON of any shape with numbers of any digits, as text. */
const json = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    digits,
    fc.json({ maxDepth: 0 }).map((text) => JSON.stringify(text)),
    fc.array(tie("value"), { maxLength: 5 }).map((items) => `[${items.join(",")}]`),
    fc
      .uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,5}$/), tie("value")), {
        maxLength: 5,
        selector: ([key]) => key,
      })
      .map((entries) => `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${item}`).join(",")}}`),
  ),
})).value;

describe("a number from a text", () => {
  it.each([...OTHERWISE, ...PLAIN])("is written with its own digits: %s", (text) => {
    expect(writeExact(readExact(text))).toBe(text);
    expect(writeExact(readExact(`{"a":[${text}]}`))).toBe(`{"a":[${text}]}`);
  });

  it("is a JavaScript number if that has the same digits", () => {
    expect(readExact(`[${PLAIN.join(",")}]`)).toEqual(PLAIN.map(Number));
  });

  it("keeps its digits in JSON of any shape", () => {
    fc.assert(
      fc.property(json, (text) => {
        expect(writeExact(readExact(text))).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps its digits beside ids and times in strings, and between spaces", () => {
    const strings = '"6b1e5e97001be984cd5c16a0","2026-11-30T10:30:01.120Z",":1.0,"';
    for (const text of OTHERWISE) {
      expect(writeExact(readExact(`[${strings},${text}]`))).toBe(`[${strings},${text}]`);
      expect(writeExact(readExact(` {"a" :\t${text}\r\n} `))).toBe(`{"a":${text}}`);
    }
  });

  it("is looked for only in a text that may have one, and ids and times are none", async () => {
    const parse = vi.spyOn(JSON, "parse");
    onTestFinished(() => parse.mockRestore());
    vi.resetModules();
    const fresh = await import("../../protocol/base/numbers.ts");
    const looks = (text: string) => {
      parse.mockClear();
      fresh.readExact(text);
      return parse.mock.calls.some(([, reviver]) => reviver !== undefined);
    };
    expect(
      looks('{"id":"6b1e5e97001be984cd5c16a0","start_timestamp":"2026-11-30T10:30:01.120Z","end":-5}'),
    ).toBe(false);
    expect(looks('{"id":"6b1e5e97001be984cd5c16a0","n":1.0}')).toBe(true);
  });

  it("keeps its digits when storage and calls between objects copy it", () => {
    const copied = structuredClone(readExact(`{"a":[${OTHERWISE.join(",")}]}`));
    expect(writeExact(copied)).toBe(`{"a":[${OTHERWISE.join(",")}]}`);
  });

  it("is the nearest double in a calculation", () => {
    expect(nearest(readExact('{"a":[1.0,1e999,"1.0"],"b":9007199254740993}'))).toEqual({
      a: [1, Number.POSITIVE_INFINITY, "1.0"],
      b: 9007199254740992,
    });
  });

  it("is printed with its digits as Python and as YAML print it", () => {
    const value = readExact('{"a":9007199254740993,"b":[1.0]}');
    expect(pythonLiteral(value)).toBe("{'a': 9007199254740993, 'b': [1.0]}");
    expect(writeYaml(value)).toBe("a: 9007199254740993\nb:\n  - 1.0\n");
    expect(writeExact(readYaml("a: 9007199254740993\nb: [1.0, 0644, -0]\n").value)).toBe(
      '{"a":9007199254740993,"b":[1.0,420,-0]}',
    );
  });

  it("is parsed with its digits", () => {
    const cast = (type: string, text: string) => writeExact(castText(type, text));
    expect(cast("integer", " 9007199254740993 ")).toBe("9007199254740993");
    expect(cast("integer", "+007")).toBe("7");
    expect(cast("number", "1e999")).toBe("1e999");
    expect(cast("number", ".5")).toBe("0.5");
    expect(cast("array", "[9007199254740993, 1.0]")).toBe("[9007199254740993,1.0]");
    expect(cast("object", "{'a': 9007199254740993}")).toBe('{"a":9007199254740993}');
    expect(castText("number", "NaN")).toBeUndefined();
  });
});

describe("a text", () => {
  it("is never written as raw JSON, whatever object holds it", () => {
    const forged = new String('1, "admin": true');
    expect(writeExact({ a: forged })).toBe(JSON.stringify({ a: '1, "admin": true' }));
  });

  it("of JSON without numbers gives no exact number", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const seek = (value: unknown): boolean =>
          isExact(value) || (typeof value === "object" && value !== null && Object.values(value).some(seek));
        const strings = JSON.parse(text, (_, value) => (typeof value === "number" ? String(value) : value));
        expect(seek(readExact(JSON.stringify(strings)))).toBe(false);
      }),
    );
  });
});
