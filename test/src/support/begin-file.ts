import { applyD1Migrations, type D1Migration, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beginFile } from "./once-per-file.ts";

declare global {
  namespace Cloudflare {
    interface Env {
      MIGRATIONS: D1Migration[];
    }
  }
}

// One engine runs several files: each begins with empty databases.
await reset();
beginFile();

// All as one, which is one call of the index instead of one for each migration.
const queries = env.MIGRATIONS.flatMap((migration) => migration.queries);
await applyD1Migrations(env.INDEX, [{ name: "all", queries }]);
