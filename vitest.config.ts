import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

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
                TAILRACE_API_KEY: "tr_test_admin_key_of_the_worker_suite",
                TAILRACE_SECRET: "a secret that signs the leases of tests",
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
