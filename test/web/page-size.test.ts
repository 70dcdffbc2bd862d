import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { PAGES } from "../../cli/base/root.ts";
import { bundlePage } from "../../cli/server/viewer.ts";

/** What a browser loads at its first visit. A library that is bundled by mistake is larger than the rest. */
const PAGE_BYTES_MAX = 70_000;

it.each(PAGES)(`%s has at most ${PAGE_BYTES_MAX} bytes, compressed`, async (page) => {
  const { text } = await bundlePage(page);
  expect(gzipSync(text).length).toBeLessThanOrEqual(PAGE_BYTES_MAX);
});
