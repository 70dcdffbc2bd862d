import { expect, it } from "vitest";
import { perLinePrice, priceOf } from "../../bench/cost/prices.ts";

const NOTHING = {
  worker_requests: 0,
  object_requests: 0,
  object_messages: 0,
  object_rows_read: 0,
  object_rows_written: 0,
  d1_rows_read: 0,
  d1_rows_written: 0,
  audit_rows_written: 0,
  object_ms: 0,
};

it.each([
  ["a million requests to the Worker", { worker_requests: 1e6 }, 0.3],
  ["a million requests to objects", { object_requests: 1e6 }, 0.15],
  ["twenty million messages to objects", { object_messages: 20e6 }, 0.15],
  ["a million read rows", { object_rows_read: 4e5, d1_rows_read: 6e5 }, 0.001],
  ["a million written rows", { object_rows_written: 3e5, d1_rows_written: 5e5, audit_rows_written: 2e5 }, 1],
  ["an object that is awake for a million seconds", { object_ms: 1e9 }, 1.6],
])("the price of %s", (_, counts, dollars) => {
  expect(priceOf({ ...NOTHING, ...counts })).toBeCloseTo(dollars, 9);
});

it("a line of its own costs a request to the Worker, one to the object, and a row", () => {
  expect(perLinePrice(1e6)).toBeCloseTo(1.45, 9);
});
