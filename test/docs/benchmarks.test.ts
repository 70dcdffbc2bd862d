import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { peersPicture } from "../../bench/publish/picture.ts";
import { DOCUMENT, PICTURE, RESULTS, readReport, withSection } from "../../bench/publish.ts";

it("the page on benchmarks and its picture show the published samples", () => {
  const report = readReport(RESULTS);
  const document = readFileSync(DOCUMENT, "utf8");
  expect(withSection(document, report)).toBe(document);
  expect(peersPicture(report)).toBe(readFileSync(PICTURE, "utf8"));
});
