import { parseJson, tryJson } from "../../../protocol/base/json.ts";
import { VALUE_DEPTH_MAX } from "../../../protocol/base/limits.ts";
import { doubleOf, isExact, nearest, readExact, writeExact } from "../../../protocol/base/numbers.ts";
import { boundedResult, jsonBytes } from "../../../protocol/model/result.ts";
import { hashOf } from "../random.ts";
import { must, mustEqual, type Target } from "../target.ts";

/** JSON whose numbers keep their digits, and shortened values of it. */
export const target: Target = {
  covers: ["protocol/base/json.ts", "protocol/base/numbers.ts", "protocol/model/result.ts"],
  shape: "json",
  seeds: [
    '{"a":[1,2.50,-0,1e999,9007199254740993],"b":{"c":"text \\"quoted\\"","d":null},"e":[true,false]}',
    "[[[[1.0]]]]",
    '{"stdout":"a long text, a long text","stderr":"\\u00e4\\ud83d\\ude00","return_code":0,"failed":false}',
    '"\\ud800"',
    `{"stdout":"${"x".repeat(300)}\\n[... 12 bytes left out: a result has at most 1835008 ...]\\n${"y".repeat(300)}"}`,
  ],
  words: ["__proto__", "constructor", "toJSON", "\n[... 5 bytes left out: a result has at most 9 ...]\n"],
  throws: [SyntaxError],
  run: (input) => {
    const plain = parseJson(input, { depth_max: VALUE_DEPTH_MAX });
    const exact = readExact(input);
    mustEqual(nearest(exact), plain, "numbers by their digits are the same numbers");
    const written = writeExact(exact);
    must(writeExact(readExact(written)) === written, "what is written is read as the same");
    mustEqual(tryJson(written), plain, "what is written is the same value");
    if (isExact(exact)) must(doubleOf(exact) === plain, "a double is as near as JSON's own");
    if (typeof exact !== "object" || exact === null || Array.isArray(exact) || isExact(exact)) return;
    const bytes_max = 100 + (hashOf(input) % 2_000);
    must(
      jsonBytes(boundedResult({ ...exact }, bytes_max)) <= Math.max(bytes_max, 400),
      "a result is as short as it must be",
    );
  },
};
