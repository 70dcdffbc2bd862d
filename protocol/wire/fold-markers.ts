import { shownLine } from "../screen/shown-line.ts";

/**
 * A marker by which a program groups its output. `key` pairs a beginning with its end. A header ends the header before it, and has no end
 * of its own. `cut`: the shown characters of the line that are the marker, before the name. `shares`: the line shows other text too.
 */
export type FoldMarker =
  | { kind: "start"; key: string; name: string; cut: number; look?: FoldLook | undefined; time_ms?: number }
  | { kind: "end"; key: string; shares: boolean; time_ms?: number }
  | { kind: "reopen"; time_ms?: number };

/** How a group is shown when it is done, if its marker says so. */
export type FoldLook = "open" | "muted";

/** The key of headers. */
export const HEADER = "";

/** Characters of a group's name, and of the text that it is taken from. */
const NAME_CHARS_MAX = 200;
const NAME_READ_CHARS_MAX = 2_000;

/** Markers of one line. */
const MARKERS_MAX = 16;

/** What may stand before a marker: colours, an erased line, a carriage return. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this is about.
const BEFORE = /^(?:\x1b\[[\d;]*[mK]|\r)+/;

/** GitHub's `::group::NAME` and `::endgroup::`, and the same as `##[group]NAME`. */
const GROUP = /^(::(?:end)?group::|##\[(?:end)?group\])(.*)/s;

/** GitLab's `section_start:1700000000:NAME[collapsed=true]\r\e[0KHEADER`. */
const SECTION = /^section_(start|end):(\d{1,12}):([\w.-]+)(\[[^\]\r]*\])?(?:\r|$)/;

/** Buildkite's `--- NAME`, `+++ NAME` and `~~~ NAME`. */
const HEADERS = /^(---|\+\+\+|~~~) +(\S.*)/s;

/** Buildkite's mark that opens the group that it is in. */
const REOPEN = /^\^\^\^ \+\+\+\s*$/;

/** Lines that only look like headers: results of Go's tests, and rules such as ping's `--- localhost ping statistics ---`. */
const NO_NAME = /^(?:PASS|FAIL|SKIP|BENCH): |(?:---|\+\+\+|~~~)\s*$/;

/** Ends the header of a diff, whose files are named after `---` and `+++`. */
const HUNK = /^(?:@@|\*{15})/;

/** The markers of a line. */
export function foldMarkers(line: string): FoldMarker[] {
  const text = markedText(line);
  switch (text.charAt(0)) {
    case ":":
    case "#":
      return groupMarker(text);
    case "-":
    case "+":
    case "~":
      return headerMarker(text);
    case "^":
      return REOPEN.test(text) ? [{ kind: "reopen" }] : [];
    case "s":
      return sectionMarkers(text);
    default:
      return [];
  }
}

/** Whether a line ends the header of a diff: headers directly before it are names of files. */
export function isHunk(line: string): boolean {
  return HUNK.test(markedText(line));
}

function groupMarker(text: string): FoldMarker[] {
  const [, marker, rest = ""] = GROUP.exec(text) ?? [];
  if (marker === undefined) return [];
  if (marker.includes("end")) return [{ kind: "end", key: "group", shares: false }];
  return [{ kind: "start", key: "group", name: nameOf(rest), cut: marker.length }];
}

function headerMarker(text: string): FoldMarker[] {
  const [, form, rest = ""] = HEADERS.exec(text) ?? [];
  const name = nameOf(rest);
  if (form === undefined || NO_NAME.test(name)) return [];
  const look = form === "+++" ? "open" : form === "~~~" ? "muted" : undefined;
  return [{ kind: "start", key: HEADER, name, cut: text.length - rest.length, look }];
}

/** GitLab ends a section and begins the next in one line. */
function sectionMarkers(text: string): FoldMarker[] {
  const markers: FoldMarker[] = [];
  let rest = text;
  for (let found = SECTION.exec(rest); found && markers.length < MARKERS_MAX; found = SECTION.exec(rest)) {
    const [whole, kind, seconds, name = "", options = ""] = found;
    rest = markedText(rest.slice(whole.length));
    const key = `section ${name}`;
    const time_ms = Number(seconds) * 1000;
    if (kind === "end") markers.push({ kind: "end", key, shares: nameOf(rest) !== "", time_ms });
    else {
      const look = options.includes("collapsed=false") ? "open" : undefined;
      markers.push({ kind: "start", key, name, cut: 0, look, time_ms });
    }
  }
  const last = markers.at(-1);
  // What the line shows is the name of the section that it begins.
  if (last?.kind === "start") last.name = nameOf(rest) || last.name;
  return markers;
}

/** A line from where a marker may stand. */
function markedText(line: string): string {
  const first = line.charAt(0);
  return first === "\u001b" || first === "\r" ? line.replace(BEFORE, "") : line;
}

function nameOf(text: string): string {
  return shownLine(text.slice(0, NAME_READ_CHARS_MAX)).trim().slice(0, NAME_CHARS_MAX);
}
