import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ValiError } from "valibot";
import { readIdentity } from "../../../agent/state/identity.ts";
import { CliError } from "../../../cli/base/errors.ts";
import { findServerSettings } from "../../../cli/settings/server-config.ts";
import { readSignIns } from "../../../cli/settings/sign-ins.ts";
import { MemoryFolder } from "../memory-folder.ts";
import type { Target } from "../target.ts";

const memory = new MemoryFolder();

/** Files of settings, each read from the same text: the server's, an agent's identity, and a user's sign-ins. */
export const target: Target = {
  covers: [
    "settings/server-config.ts",
    "settings/setting.ts",
    "settings/settings-file.ts",
    "agent/state/identity.ts",
    "cli/sign-ins.ts",
  ],
  chars_max: 8_192,
  words: [
    "port",
    "packs = []\n",
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
    'host = "0.0.0.0"\nport = 1\ntls_cert = "a.pem"\nbehind_proxy = true\npacks = ["a"]\noutput_ttl_days = 0.5\nsso_issuer = ""\n',
    '{"id":"6742f0c0012c0123456789ab","pool":"default","secret":"tra_x"}',
    '{"url":"http://a","servers":{"http://a":{"user":"u","token":"t","expiry":"2026-01-01"}}}',
  ],
  throws: [CliError, ValiError],
  run: (input) => {
    const folder = memory.path;
    for (const name of ["identity.json", "sign-ins.json", "tailrace.toml"])
      writeFileSync(join(folder, name), input);
    readIdentity(folder);
    try {
      readSignIns({ TAILRACE_CONFIG: join(folder, "config.yaml") });
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
    }
    findServerSettings({ state: folder }, {});
  },
  end: async () => memory.remove(),
};
