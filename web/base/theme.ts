/** A theme that a reader may choose; `system` follows the system. */
export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** The name by which the browser keeps the choice, for all its tabs. */
export const THEME_KEY = "tailrace.theme";

/** The choice; that of the system if none was made, or if the browser keeps nothing for this page. */
export function readTheme(): Theme {
  try {
    const kept = localStorage.getItem(THEME_KEY);
    return THEMES.find((theme) => theme === kept) ?? "system";
  } catch {
    return "system";
  }
}

/** All colours are pairs of a light and a dark one, so this is the whole switch. */
export function applyTheme(theme: Theme): void {
  document.documentElement.style.colorScheme = theme === "system" ? "" : theme;
}
