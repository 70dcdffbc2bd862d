import fc from "fast-check";
import { expect, it } from "vitest";
import { RowMap } from "../../../web/log/folds/row-map.ts";

/** Hidden rows in their order and apart, from lengths of shown and hidden rows by turns. */
const someHidden = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 })), { maxLength: 20 })
  .map((turns) => {
    let row = 0;
    return turns.map(([shown, hidden]) => {
      const first = row + shown;
      row = first + hidden;
      return { first, last: row - 1 };
    });
  });

it("maps rows as a list of the shown ones does", () => {
  fc.assert(
    fc.property(someHidden, fc.integer({ min: 0, max: 250 }), fc.boolean(), (hidden, rows, is_endless) => {
      const all = hidden.map((part, at) =>
        is_endless && at === hidden.length - 1 ? { ...part, last: Number.POSITIVE_INFINITY } : part,
      );
      const map = new RowMap(all);
      const isHidden = (row: number) => all.some(({ first, last }) => row >= first && row <= last);
      const shown = Array.from({ length: rows }, (_, row) => row).filter((row) => !isHidden(row));
      expect(map.count(rows)).toBe(shown.length);
      for (const [at, row] of shown.entries()) expect(map.row(at)).toBe(row);
      for (let row = 0; row < rows; row++) {
        expect(map.shown(row)).toBe(shown.findLastIndex((other) => other <= row));
      }
    }),
  );
});
