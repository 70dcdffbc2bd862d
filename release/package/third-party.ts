import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../cli/base/root.ts";

const LICENCE = /^(licen[cs]e|copying|notice)(\.|$)/i;

/** What a package says of itself. */
interface Manifest {
  name: string;
  version: string;
  license?: string;
  author?: string | { name: string };
}

/** The licences of the packages in these folders, as one text. */
export function thirdParty(folders: readonly string[]): string {
  const parts = folders.map((folder) => {
    const { name, version, license = "unknown", author } = manifestOf(folder);
    const by = typeof author === "object" ? author.name : author;
    const head = `${name} ${version}\nLicence: ${license}${by === undefined ? "" : `\nAuthor: ${by}`}`;
    return [head, ...licencesOf(folder)].join("\n\n");
  });
  return `Tailrace contains code of these packages.\n\n${parts.join(RULE)}\n`;
}

/** Between two packages. */
export const RULE = `\n\n${"-".repeat(80)}\n\n`;

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(ROOT, folder, "package.json"), "utf8"));
}

/** The texts of the licences that a package comes with. */
function licencesOf(folder: string): string[] {
  const files = readdirSync(join(ROOT, folder)).filter((file) => LICENCE.test(file));
  return files.sort().map((file) => readFileSync(join(ROOT, folder, file), "utf8").trim());
}
