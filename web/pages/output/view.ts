import { useEffect, useState } from "preact/hooks";
import { OUTPUT_TYPES, type OutputType } from "../../../protocol/wire/chunk.ts";
import { fromAddress, putInAddress } from "../../base/address.ts";
import { drawNow } from "../../base/draw-now.ts";
import { TIME_MODES, type TimeMode } from "../../log/line-time.ts";
import { keepSettings, readSettings, type Settings } from "../../log/settings.ts";
import { SEARCH_FIELD } from "./search-bar.tsx";
import { type Searched, searchedOfAddress, useSearched } from "./searched.ts";

/** How an output is shown, and the functions by which buttons and keys change it. */
export interface OutputView {
  settings: Settings;
  change: (part: Partial<Settings>) => void;
  types: readonly OutputType[];
  /** Shows or hides a stream. If none is left, all are shown. */
  toggleType: (type: OutputType) => void;
  /** Whether the children are shown side by side, each with its own log. */
  lanes: boolean;
  setLanes: (lanes: boolean) => void;
  /** Whether the hosts and tasks are shown at the side. */
  tree: boolean;
  setTree: (tree: boolean) => void;
  details: boolean;
  setDetails: (details: boolean) => void;
  /** Whether the output has the whole window, without what is above it. */
  full: boolean;
  setFull: (full: boolean) => void;
  help: boolean;
  setHelp: (help: boolean) => void;
  searching: boolean;
  searched: Searched;
  search: (part: Partial<Searched>) => void;
  /** Opens the search. Its field has the focus when this returns, so that the next key goes there. */
  openSearch: () => void;
  closeSearch: () => void;
}

/** A narrower page does not begin with the hosts and tasks, which would leave too little of the output. */
const TREE_PX_MIN = 900;

/** Read while the page waits for its answers, because the browser needs a moment to open its storage. */
const KEPT_SETTINGS = readSettings();

export function useOutputView(): OutputView {
  const [settings, setSettings] = useState(settingsOfAddress);
  const [types, setTypes] = useState(typesOfAddress);
  const [lanes, setLanes] = useState(lanesOfAddress);
  const [tree, setTree] = useState(innerWidth >= TREE_PX_MIN);
  const [details, setDetails] = useState(false);
  const [full, setFull] = useState(false);
  const [help, setHelp] = useState(false);
  const [searched, search] = useSearched();
  const [searching, setSearching] = useState(searched.text !== "");
  useEffect(() => {
    putInAddress({
      type: types.length === OUTPUT_TYPES.length ? undefined : types.join(","),
      time: settings.time === "none" ? undefined : settings.time,
      lanes: lanes ? "true" : undefined,
    });
  }, [types, settings.time, lanes]);
  // A step in the browser's history has an address with its own view.
  useEffect(() => {
    const stepped = () => {
      const time = readTime(fromAddress("time") ?? "");
      setSettings((before) => (before.time === time ? before : { ...before, time }));
      const named = typesOfAddress();
      setTypes((before) => (before.join() === named.join() ? before : named));
      setLanes(lanesOfAddress());
      const wanted = searchedOfAddress();
      search(wanted);
      setSearching(wanted.text !== "");
    };
    window.addEventListener("popstate", stepped);
    return () => window.removeEventListener("popstate", stepped);
  }, []);
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
    tree,
    setTree,
    details,
    setDetails,
    full,
    setFull,
    help,
    setHelp,
    searching,
    searched,
    search,
    openSearch: () => {
      drawNow(() => setSearching(true));
      document.getElementById(SEARCH_FIELD)?.focus();
    },
    closeSearch: () => {
      setSearching(false);
      search({ text: "", only: undefined });
    },
  };
}

/** The settings of this browser, with the time that the address names. */
function settingsOfAddress(): Settings {
  const time = fromAddress("time");
  return time === null ? KEPT_SETTINGS : { ...KEPT_SETTINGS, time: readTime(time) };
}

function typesOfAddress(): readonly OutputType[] {
  const named = fromAddress("type")?.split(",") ?? [];
  const types = OUTPUT_TYPES.filter((type) => named.includes(type));
  return types.length === 0 ? OUTPUT_TYPES : types;
}

function lanesOfAddress(): boolean {
  return fromAddress("lanes") === "true";
}

export function readTime(value: string): TimeMode {
  return TIME_MODES.find((mode) => mode === value) ?? "none";
}

export function nextTime(time: TimeMode): TimeMode {
  return TIME_MODES[(TIME_MODES.indexOf(time) + 1) % TIME_MODES.length] ?? "none";
}
