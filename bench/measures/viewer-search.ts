import type { Page } from "playwright-core";
import { within } from "../load.ts";
import { median } from "../statistics.ts";
import { LINES_PER_RARE_ONE, RARE } from "./viewer-load.ts";

const SEARCHES = 3;
const SEARCH_MS_MAX = 120_000;

/**
 * Seconds from the last typed character until the page has counted all matches of an output: a text of every line, and a
 * rare one. Medians of several pages.
 */
export async function searches(open: () => Promise<Page>, lines: number): Promise<Record<string, number>> {
  const all: number[] = [];
  const rare: number[] = [];
  while (all.length < SEARCHES) {
    const page = await open();
    await page.evaluate("painted");
    all.push(await seconds(page, "of the load", lines));
    rare.push(await seconds(page, RARE, lines / LINES_PER_RARE_ONE));
    await page.context().close();
  }
  return { "1,000,000 matches counted, s": median(all), "1,000 matches counted, s": median(rare) };
}

async function seconds(page: Page, text: string, matches: number): Promise<number> {
  await page.keyboard.press("Control+f");
  const field = page.getByRole("searchbox", { name: "Search the whole output" });
  await field.fill("");
  const started = performance.now();
  await field.fill(text);
  const counted = page
    .locator("search")
    .getByText(new RegExp(`^${matches.toLocaleString("en")} found$`))
    .waitFor({ timeout: SEARCH_MS_MAX });
  await within(counted, SEARCH_MS_MAX, `the search for "${text}"`);
  return (performance.now() - started) / 1000;
}
