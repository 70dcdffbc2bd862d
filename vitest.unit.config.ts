import { defineConfig } from "vitest/config";
import { testTags } from "./test/setup/tags.ts";
import { unitTests } from "./test/setup/unit.ts";

// The tests that need neither the built page nor an engine: they run in seconds.
export default defineConfig({
  test: { tags: testTags(), include: unitTests(), testTimeout: 60_000 },
});
