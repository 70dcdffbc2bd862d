import { useState } from "preact/hooks";
import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { drawNow } from "../../base/draw-now.ts";
import type { TimeMode } from "../../log/row.ts";
import { keepSettings, readSettings, type Settings } from "../../log/settings.ts";
import { SEARCH_FIELD } from "./search-bar.tsx";

/** How an output is shown, and what its buttons and its keys do about that. */
export interface OutputView {
  settings: Settings;
  change: (part: Partial<Settings>) => void;
  types: readonly OutputType[];
  /** Shows a stream or not; where that leaves none, all. */
  toggleType: (type: OutputType) => void;
  /** Whether the children stand side by side, each with a log of its own. */
  lanes: boolean;
  setLanes: (lanes: boolean) => void;
  details: boolean;
  setDetails: (details: boolean) => void;
  help: boolean;
  setHelp: (help: boolean) => void;
  searching: boolean;
  /** Opens the search. Its field has the focus when this returns: what is typed next goes there. */
  openSearch: () => void;
  closeSearch: () => void;
}

/** Read while the page waits for its answers: a browser takes a moment to open what it keeps. */
const KEPT_SETTINGS = readSettings();

export function useOutputView(): OutputView {
  const [settings, setSettings] = useState(KEPT_SETTINGS);
  const [types, setTypes] = useState<readonly OutputType[]>(OUTPUT_TYPES);
  const [lanes, setLanes] = useState(false);
  const [details, setDetails] = useState(false);
  const [help, setHelp] = useState(false);
  const [searching, setSearching] = useState(false);
  return {
    settings,
    change: (part) => {
      const changed = { ...settings, ...part };
      keepSettings(changed);
      setSettings(changed);
    },
    types,
    toggleType: (type) => {
      const chosen = types.includes(type) ? types.filter((other) => other !== type) : [...types, type];
      setTypes(chosen.length === 0 ? OUTPUT_TYPES : OUTPUT_TYPES.filter((other) => chosen.includes(other)));
    },
    lanes,
    setLanes,
    details,
    setDetails,
    help,
    setHelp,
    searching,
    openSearch: () => {
      drawNow(() => setSearching(true));
      document.getElementById(SEARCH_FIELD)?.focus();
    },
    closeSearch: () => setSearching(false),
  };
}

export function readTime(value: string): TimeMode {
  return value === "elapsed" || value === "wall" ? value : "none";
}

export function nextTime(time: TimeMode): TimeMode {
  return time === "none" ? "elapsed" : time === "elapsed" ? "wall" : "none";
}
