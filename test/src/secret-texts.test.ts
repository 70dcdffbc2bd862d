import { expect, it } from "vitest";
import { textsOf } from "../../src/execution/state/secrets.ts";

it("masks a secret text of a document from four bytes of UTF-8 on, as agents do in output", () => {
  expect(textsOf(["abc", "é1", "€", { deep: [12, true, null] }])).toEqual([]);
  expect(textsOf(["abcd", "éé", "€1", { deep: ["😀", 1234] }])).toEqual(["abcd", "éé", "€1", "😀", "1234"]);
});
