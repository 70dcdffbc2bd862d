import { existsSync, writeFileSync } from "node:fs";
import { newSecrets } from "./server/secrets.ts";

/** Makes the secrets that `wrangler dev` reads, once, readable by their owner only. */
const FILE = ".dev.vars";

if (!existsSync(FILE)) {
  const lines = Object.entries(newSecrets()).map(([name, value]) => `${name}="${value}"\n`);
  writeFileSync(FILE, lines.join(""), { mode: 0o600 });
  process.stdout.write(`wrote ${FILE}: the API key of the development server is in it\n`);
}
