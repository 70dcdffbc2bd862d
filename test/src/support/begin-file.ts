import { applyD1Migrations, type D1Migration } from "cloudflare:test";
import { env } from "cloudflare:workers";

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[];
    }
  }
}

// All as one, which is one call of the index instead of one for each migration.
const queries = env.MIGRATIONS.flatMap((migration) => migration.queries);
await applyD1Migrations(env.INDEX, [{ name: "all", queries }]);
