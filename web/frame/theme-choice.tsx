import { useEffect, useState } from "preact/hooks";
import { applyTheme, readTheme, THEME_KEY, THEMES } from "../base/theme.ts";

/** The choice of a theme. Other tabs of this browser follow it. */
export function ThemeChoice() {
  const [theme, setTheme] = useState(readTheme);
  useEffect(() => {
    const stop = new AbortController();
    const follow = () => setTheme(readTheme());
    window.addEventListener("storage", follow, { signal: stop.signal });
    // A page that the browser has kept for its Back button heard of no change.
    window.addEventListener("pageshow", follow, { signal: stop.signal });
    // Another tab may have changed it after the first drawing had read it.
    follow();
    return () => stop.abort();
  }, []);
  useEffect(() => applyTheme(theme), [theme]);
  return (
    <select
      aria-label="Theme"
      value={theme}
      onChange={(event) => {
        localStorage.setItem(THEME_KEY, event.currentTarget.value);
        setTheme(readTheme());
      }}
    >
      {THEMES.map((name) => (
        <option key={name} value={name}>
          {name} theme
        </option>
      ))}
    </select>
  );
}
