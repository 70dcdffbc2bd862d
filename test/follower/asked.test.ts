import { expect, it } from "vitest";
import { STREAM_UNBEGUN_ASKED_MAX } from "../../protocol/base/reader-limits.ts";
import type { Status } from "../../protocol/base/status.ts";
import { askedOf } from "../../src/reading/stream/asked.ts";

it("a stream asks all executions that run, and of a long queue only the oldest", () => {
  const many = (status: Status, count: number) =>
    Array.from({ length: count }, (_, at) => ({ id: `${status}-${at}`, status }));
  const asked = askedOf([
    ...many("requested", STREAM_UNBEGUN_ASKED_MAX),
    ...many("delayed", 500),
    ...many("running", 2_000),
    ...many("scheduled", 1),
  ]);
  expect(asked.size).toBe(STREAM_UNBEGUN_ASKED_MAX + 2_001);
  expect(asked.has("requested-999")).toBe(true);
  expect(asked.has("delayed-0")).toBe(false);
  expect(asked.has("running-1999")).toBe(true);
});
