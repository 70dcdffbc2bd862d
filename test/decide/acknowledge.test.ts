import { expect, it } from "vitest";
import { APPENDS_BURST, CHUNKS_PER_APPEND } from "../../protocol/base/limits.ts";
import { appendResult } from "../../src/execution/deliver/acknowledge.ts";

const EVENT = { kind: "start", holder: { epoch: 1, agent_id: "agent", pool: "default" } } as const;
const STATE = { next: 7, cancel: false, is_watched: true };

it("an acknowledgement has the budget of the setting", () => {
  expect(appendResult(EVENT, "appended", { ...STATE, appends_per_second: 2 })).toMatchObject({
    flush_ms: 0,
    budget: { per_second: 2, burst: APPENDS_BURST, chunks_per_append: CHUNKS_PER_APPEND },
  });
});

it.each([0, -1])("a setting of %d sets no budget", (appends_per_second) => {
  expect(appendResult(EVENT, "appended", { ...STATE, appends_per_second })).not.toHaveProperty("budget");
});
