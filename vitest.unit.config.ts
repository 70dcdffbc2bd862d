import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { LongestFirst } from "./test/setup/order.ts";
import { testTags } from "./test/setup/tags.ts";
import { unitTests } from "./test/setup/unit.ts";

// The tests that need neither the built page nor an engine: they run in seconds.
export default defineConfig({
  test: {
    // A process runs one file after another: what they load, they load once. No pure leaf leaves anything behind.
    isolate: false,
    maxWorkers: availableParallelism(),
    sequence: { sequencer: LongestFirst },
    tags: testTags(),
    include: unitTests(),
    testTimeout: 60_000,
  },
});
