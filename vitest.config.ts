import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig, type TestProjectInlineConfiguration } from "vitest/config";
import { buildViewer } from "./cli/server/viewer.ts";
import { LongestFirst } from "./test/setup/order.ts";
import { workerPackages } from "./test/setup/packages.ts";
import { SkippedTests } from "./test/setup/skipped.ts";
import { testTags } from "./test/setup/tags.ts";
import { buildPrograms } from "./test/support/built-programs.ts";

// The Worker under test takes its secrets from here, as wrangler's configuration says that it needs them.
process.env.TAILRACE_API_KEY = "tr_test_admin_key_of_the_worker_suite";
process.env.TAILRACE_SECRET = "a secret that signs the leases of tests";

// Tests start hundreds of commands, agents and servers: what one has compiled, the next ones take.
process.env.NODE_COMPILE_CACHE ??= join(import.meta.dirname, "node_modules/.cache/compiled");

// The Worker serves the built page.
await buildViewer();
await buildPrograms();

const migrations = await readD1Migrations("migrations");

/** How long a condition that is polled may take to hold: a busy machine takes its time. */
const POLL_MS_MAX = 20_000;

/** Tests inside workerd. */
function worker(
  name: string,
  include: string[],
  settings: Record<string, number | string> = {},
): TestProjectInlineConfiguration {
  return {
    plugins: [
      cloudflareTest({
        wrangler: { configPath: "./wrangler.toml" },
        miniflare: {
          bindings: {
            BODY_WAIT_SECONDS: 1,
            TEST_LONG: process.env.TAILRACE_TEST_LONG === "1",
            MIGRATIONS: migrations,
            ...settings,
          },
        },
      }),
    ],
    test: {
      name,
      include,
      // One engine runs file after file, and begins each with empty databases: an engine and its modules take three seconds.
      isolate: false,
      maxWorkers: availableParallelism(),
      sequence: { groupOrder: 1 },
      setupFiles: ["test/src/support/begin-file.ts"],
      // An engine loads the modules with one request for each: so a package is one module.
      deps: { optimizer: { ssr: { enabled: true, include: workerPackages() } } },
      testTimeout: 60_000,
      hookTimeout: 60_000,
      expect: { poll: { timeout: POLL_MS_MAX } },
    },
  };
}

/** The tests of followers behind relays. */
const RELAYED = ["test/relays/*.test.ts"];

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    tags: testTags(),
    reporters: ["default", new SkippedTests()],
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/src/**", "test/boundaries/**", "test/relays/**"],
          // Most tests wait for processes most of the time: as many as there are cores would leave much of the machine idle.
          maxWorkers: 2 * availableParallelism(),
          sequence: { groupOrder: 0 },
          setupFiles: ["test/setup/end-file.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          expect: { poll: { timeout: POLL_MS_MAX } },
        },
      },
      worker("worker", ["test/src/**/*.test.ts"], { RELAY_REGIONS: "oc" }),
      worker("boundaries", ["test/boundaries/**/*.test.ts"]),
      // What the event stream promises holds over any number of hubs.
      worker("worker-4-hubs", ["test/src/{stream,order,exactly-once}.test.ts"], { EVENT_HUB_SHARDS: 4 }),
      // A follower cannot tell whether relays are between it and the execution. Here they always are: one, and two.
      worker("worker-1-relay", RELAYED, { FOLLOWERS_PER_OBJECT: 0, RELAY_LEVELS: 1 }),
      worker("worker-2-relays", RELAYED, { FOLLOWERS_PER_OBJECT: 0, RELAY_LEVELS: 2 }),
    ],
  },
});
