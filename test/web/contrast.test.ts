// @module-tag chromium-headless-shell
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Style, TRUE_COLOUR } from "../../protocol/screen/style.ts";
import { CONTRAST_MIN, contrast } from "../../web/log/contrast.ts";
import { DARK, LIGHT, OWN_TEXT } from "../../web/log/palette.ts";
import { coloursOf } from "../../web/log/style.ts";
import { afterTest, ROOT } from "../support/world.ts";
import { violations } from "./support/axe.ts";
import { openTab } from "./support/browser.ts";
import { shows, stands } from "./support/log-page.ts";
import { browser, producers, server } from "./support/shared-server.ts";

const THEMES = { light: LIGHT, dark: DARK };

/** The two colours of `light-dark(#123456, #654321)`. */
function rgbs(css: string | undefined): { light: number; dark: number } | undefined {
  const [, light, dark] = /^light-dark\(#([\da-f]{6}), #([\da-f]{6})\)$/.exec(css ?? "") ?? [];
  if (light === undefined || dark === undefined) return undefined;
  return { light: Number.parseInt(light, 16), dark: Number.parseInt(dark, 16) };
}

/** The lowest contrast of a style's text, on each of its backgrounds in both themes. */
function lowestContrast(style: Style): number {
  const { text, background } = coloursOf(style);
  return Math.min(
    ...(["light", "dark"] as const).flatMap((theme) => {
      const colour = rgbs(text)?.[theme] ?? THEMES[theme].colours[OWN_TEXT] ?? 0;
      const behind = rgbs(background)?.[theme];
      const backgrounds = behind === undefined ? THEMES[theme].rows : [behind];
      return backgrounds.map((one) => contrast(colour, one));
    }),
  );
}

const SIXTEEN = [undefined, ...Array.from({ length: 16 }, (_, at) => at)];
const LOOKS: Style[] = [{}, { bold: true }, { dim: true }, { inverse: true }, { dim: true, inverse: true }];

describe("text on its background can be read in both themes", () => {
  it("in each pair of the 16 colours and the page's own", () => {
    const pairs = SIXTEEN.flatMap((fg) => SIXTEEN.map((bg) => ({ fg, bg })));
    const unread = pairs.flatMap(({ fg, bg }) =>
      LOOKS.map(
        (look): Style => ({ ...look, ...(fg !== undefined && { fg }), ...(bg !== undefined && { bg }) }),
      ),
    );
    expect(unread).toHaveLength(17 * 17 * LOOKS.length);
    expect(unread.filter((style) => lowestContrast(style) < CONTRAST_MIN)).toEqual([]);
  });

  it("in any pair of the 256 and of red, green and blue", () => {
    const colour = fc.oneof(
      fc.nat({ max: 255 }),
      fc.nat({ max: 0xffffff }).map((rgb) => TRUE_COLOUR + rgb),
    );
    fc.assert(
      fc.property(
        colour,
        fc.option(colour, { nil: undefined }),
        fc.constantFrom(...LOOKS),
        (fg, bg, look) => {
          const style: Style = { ...look, fg, ...(bg !== undefined && { bg }) };
          expect(lowestContrast(style)).toBeGreaterThanOrEqual(CONTRAST_MIN);
        },
      ),
      { numRuns: 3_000 },
    );
  });

  it("with the program's own colours, where these can be read", () => {
    expect(coloursOf({ fg: 196, bg: 16 })).toEqual({
      text: "light-dark(#ff0000, #ff0000)",
      background: "light-dark(#000000, #000000)",
    });
    expect(coloursOf({ fg: 1 })).toEqual({ text: "light-dark(#b3261e, #ff8f85)", background: undefined });
    expect(coloursOf({ bold: true })).toEqual({ text: undefined, background: undefined });
  });

  it("with a colour that is as near to the program's as can be", () => {
    const [text, before] = [rgbs(coloursOf({ fg: TRUE_COLOUR + 0xffff00 }).text), 0xffff00];
    expect(text?.dark).toBe(before);
    expect(contrast(text?.light ?? 0, 0xffffff)).toBeLessThan(6.5);
  });

  it("which are those of the style sheet", () => {
    const tokens = readFileSync(join(ROOT, "web/style/tokens.css"), "utf8");
    const token = (name: string) => rgbs(new RegExp(`--${name}: (light-dark\\(.*?\\));`).exec(tokens)?.[1]);
    for (const theme of ["light", "dark"] as const) {
      const { colours, rows } = THEMES[theme];
      expect(colours[OWN_TEXT]).toBe(token("fg")?.[theme]);
      expect(rows).toEqual(["bg", "stderr-bg", "accent-bg"].map((name) => token(name)?.[theme]));
    }
  });
});

describe("the page", () => {
  it.each(["light", "dark"] as const)(
    "shows no colours that axe cannot read, in the %s theme",
    async (theme) => {
      const numbers = [39, ...Array.from({ length: 8 }, (_, at) => 30 + at), 90, 91, 93, 94, 97];
      const row = (bg: number) =>
        numbers.map((fg) => `\u001b[${fg};${bg + 10}m ${fg}/${bg} \u001b[0m`).join("") +
        `\u001b[2;${bg}m dim \u001b[0m\u001b[7;${bg}m inverse \u001b[0m\n`;
      const producer = await producers.open();
      await producer.write(...numbers.map(row), {
        type: "stderr",
        data: "\u001b[33;2mdim on stderr\u001b[0m\n",
      });
      await producer.end();
      const path = `/executions/${producer.id}#L3`;
      const tab = await openTab(browser, server.url, path, { key: server.apiKey, colorScheme: theme });
      afterTest(tab.close);
      await shows(tab.page, "dim on stderr");
      await stands(tab.page, /^complete/);
      await tab.page.keyboard.press("/");
      await tab.page.keyboard.type("31/31");
      await tab.page.locator("mark").first().waitFor();
      if (process.env.PICTURE) await tab.page.screenshot({ path: `${process.env.PICTURE}-${theme}.png` });
      expect(await violations(tab.page, { rules: ["color-contrast"] })).toEqual([]);
      expect(tab.errors).toEqual([]);
    },
  );
});
