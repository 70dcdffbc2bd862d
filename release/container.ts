import { cpSync } from "node:fs";
import { join } from "node:path";
import type { Release } from "./step.ts";

/** Puts the files for images beside the packages that they install. */
export async function copyContainer({ dist }: Release): Promise<void> {
  cpSync(join(import.meta.dirname, "container"), join(dist, "container"), { recursive: true });
}
