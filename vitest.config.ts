import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

// The Worker under test takes its secrets from here, as wrangler's configuration says that it needs them.
process.env.TAILRACE_API_KEY = "tr_test_admin_key_of_the_worker_suite";
process.env.TAILRACE_SECRET = "a secret that signs the leases of tests";

const migrations = await readD1Migrations("migrations");

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "node",
          include: ["test/**/*.test.ts"],
          exclude: ["test/src/**"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                BODY_WAIT_SECONDS: 1,
                MIGRATIONS: migrations,
              },
            },
          }),
        ],
        test: {
          name: "worker",
          include: ["test/src/**/*.test.ts"],
          setupFiles: ["test/src/support/migrate.ts"],
          testTimeout: 30_000,
        },
      },
    ],
  },
});
