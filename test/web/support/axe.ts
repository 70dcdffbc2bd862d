import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The violations that axe finds on a page; of some rules only, if they are named. */
export async function violations(page: Page, { rules }: { rules?: string[] } = {}): Promise<string[]> {
  // Not a script of the page: the page's own policy applies to what the page loads.
  await page.evaluate(AXE);
  const only = rules ? `runOnly: { type: "rule", values: ${JSON.stringify(rules)} },` : "";
  return page.evaluate<string[]>(
    `axe.run(document, { ${only} resultTypes: ["violations"] }).then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ html }) => html.slice(0, 120)).join(" | ")))`,
  );
}
