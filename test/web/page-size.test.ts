import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { bundlePage } from "../../cli/server/viewer.ts";

/** What a browser loads at its first visit. A library that is bundled by mistake is larger than the rest. */
const PAGE_BYTES_MAX = 70_000;

it(`the page has at most ${PAGE_BYTES_MAX} bytes, compressed`, async () => {
  const { text } = await bundlePage();
  expect(gzipSync(text).length).toBeLessThanOrEqual(PAGE_BYTES_MAX);
});
