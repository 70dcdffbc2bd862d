import fc from "fast-check";
import { expect, it } from "vitest";
import { boundaryAfter } from "../../src/execution/log/aligned-page.ts";

const KIB = 1024;

it("the first pages of an ended output are small, and the later ones have 1 MiB", () => {
  const sizes = [0, 64 * KIB - 1, 64 * KIB, 256 * KIB, 1024 * KIB - 1, 1024 * KIB, 5000 * KIB];
  expect(sizes.map((size) => boundaryAfter(size) / KIB)).toEqual([64, 64, 256, 1024, 1024, 2048, 5120]);
});

it("all places of a page have the same end", () => {
  fc.assert(
    fc.property(fc.nat(2 ** 30), fc.nat(), (size, step) => {
      const end = boundaryAfter(size);
      expect(end).toBeGreaterThan(size);
      expect(boundaryAfter(size + (step % (end - size)))).toBe(end);
    }),
  );
});
