import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { TomlError } from "smol-toml";
import { ValiError } from "valibot";
import { readIdentity } from "../../../agent/state/identity.ts";
import { CliError } from "../../../cli/base/errors.ts";
import { workerConfig } from "../../../cli/server/worker-config.ts";
import { readSignIns } from "../../../cli/settings/sign-ins.ts";
import { MemoryFolder } from "../memory-folder.ts";
import type { Target } from "../target.ts";

const memory = new MemoryFolder();

/** Files of settings, each read from the same text: the server's, an agent's identity, and a user's sign-ins. */
export const target: Target = {
  covers: ["server/worker-config.ts", "agent/state/identity.ts", "cli/sign-ins.ts"],
  chars_max: 8_192,
  words: [
    "[vars]\n",
    "[[migrations]]\n",
    '= "a"\n',
    "= 1_000\n",
    "= true\n",
    "'''",
    '"""',
    "{ a = 1 }",
    "1979-05-27T07:32:00Z",
    "\\u0041",
    "a.b.c",
  ],
  seeds: [
    'name = "a"\nmain = "src/worker.ts"\ncompatibility_date = "2026-01-01"\ncompatibility_flags = []\n[vars]\nA = 1\n[[d1_databases]]\nbinding = "INDEX"\n',
    '{"id":"6742f0c0012c0123456789ab","pool":"default","secret":"tra_x"}',
    '{"url":"http://a","servers":{"http://a":{"user":"u","token":"t","expiry":"2026-01-01"}}}',
  ],
  throws: [TomlError, ValiError],
  run: (input) => {
    const folder = memory.path;
    for (const name of ["identity.json", "sign-ins.json", "wrangler.toml"])
      writeFileSync(join(folder, name), input);
    readIdentity(folder);
    try {
      readSignIns({ TAILRACE_CONFIG: join(folder, "config.yaml") });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
    }
    workerConfig(join(folder, "wrangler.toml"), "/assets");
  },
  end: async () => memory.remove(),
};
