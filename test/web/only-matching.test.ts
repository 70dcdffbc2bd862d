import fc from "fast-check";
import { expect, it } from "vitest";
import { matchingRows } from "../../web/log/only-matching.ts";

const matched = fc.uniqueArray(fc.nat(60), { maxLength: 20 });

it("rows of matches are shown with those around them, and no others", () => {
  fc.assert(
    fc.property(matched, fc.nat(5), (places, around) => {
      const rows = places.sort((one, other) => one - other);
      const map = matchingRows(rows, around);
      const count = map.count(70);
      const shown = Array.from({ length: count }, (_, at) => map.row(at));
      const expected = Array.from({ length: 70 }, (_, row) => row).filter((row) =>
        rows.some((match) => Math.abs(match - row) <= around),
      );
      expect(shown).toEqual(expected);
      expect(shown.map((row) => map.shown(row))).toEqual(shown.map((_, at) => at));
    }),
  );
});
