import type { Page } from "playwright-core";

/** Records from now on each state of the connection that the page shows, also for a moment. */
export async function noteStates(page: Page): Promise<() => Promise<string[]>> {
  await page.evaluate(`
    globalThis.states = [];
    const element = document.getElementById("connection");
    const note = () => {
      const text = element.textContent;
      if (text !== globalThis.states.at(-1)) globalThis.states.push(text);
    };
    note();
    new MutationObserver(note).observe(element, { subtree: true, childList: true, characterData: true });
  `);
  return () => page.evaluate<string[]>("globalThis.states");
}

/** The states without their numbers, without repetitions: `catching up 40 %` is `catching up`. */
export function kindsOf(states: string[]): string[] {
  const kinds = states.map((state) => state.replace(/ (in \d+ s|\d+ %|…)$/, ""));
  return kinds.filter((kind, at) => kind !== kinds[at - 1]);
}

/** The percentages that the page showed while it was catching up. */
export function sharesOf(states: string[]): number[] {
  return states.flatMap((state) => /^catching up (\d+) %$/.exec(state)?.[1] ?? []).map(Number);
}
