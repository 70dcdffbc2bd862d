import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The folder of an execution's lease on an agent's disk. Throws where there is none. */
export function spoolFolder(state: string, id: string): string {
  const spools = join(state, "spool");
  const name = readdirSync(spools).find((one) => one.startsWith(`${id}.`));
  if (name === undefined) throw new Error(`no lease of ${id} is in ${spools}`);
  return join(spools, name);
}
