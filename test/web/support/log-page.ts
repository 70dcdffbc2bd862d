import type { Page } from "playwright-core";
import { until } from "../../support/world.ts";

/** The rows in the page, as a reader sees them. */
export async function rowsOf(page: Page): Promise<{ number: string; text: string }[]> {
  return page.locator(".log .row:not(.folded)").evaluateAll((rows) =>
    rows.map((row) => ({
      number: row.querySelector(".number")?.textContent ?? "",
      text: row.querySelector(".text")?.textContent ?? "",
    })),
  );
}

/** Waits until a row has this text. */
export async function shows(page: Page, text: string): Promise<void> {
  await page.locator(".log .row:not(.folded)", { hasText: text }).first().waitFor();
}

/** Waits until the page shows this state of the connection. */
export async function stands(page: Page, how: string | RegExp): Promise<void> {
  await until(`the connection is ${how}`, async () => {
    const text = (await page.locator("#connection").textContent()) ?? "";
    return typeof how === "string" ? text === how : how.test(text);
  });
}

export function elementCount(page: Page): Promise<number> {
  return page.locator("*").count();
}
