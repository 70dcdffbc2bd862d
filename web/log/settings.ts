import type { TimeMode } from "./line-time.ts";

/** A user's settings in this browser. */
export interface Settings {
  time: TimeMode;
  wrap: boolean;
  numbers: boolean;
  /** Whether Ctrl-F searches the whole output; else the browser searches what is on the screen. */
  own_search: boolean;
}

const STORED = "tailrace.settings";
const DEFAULTS: Settings = { time: "none", wrap: false, numbers: true, own_search: true };

export function readSettings(): Settings {
  try {
    const kept: Partial<Settings> = JSON.parse(localStorage.getItem(STORED) ?? "{}");
    return { ...DEFAULTS, ...kept };
  } catch {
    return DEFAULTS;
  }
}

export function keepSettings(settings: Settings): void {
  localStorage.setItem(STORED, JSON.stringify(settings));
}
