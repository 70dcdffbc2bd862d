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

/** Characters of a group's name. */
const NAME_CHARS_MAX = 200;

/** What may stand before a marker: colours, an erased line, a carriage return. */
const BEFORE = String.raw`(?:\u001b\[[\d;]*[mK]|\r)*`;

/** GitHub's `::group::NAME` and `::endgroup::`, and the same as `##[group]NAME`. */
const GROUP = new RegExp(`^${BEFORE}(::(?:end)?group::|##\\[(?:end)?group\\])(.*)`, "s");

/** GitLab's `section_start:1700000000:NAME[collapsed=true]\r\e[0KHEADER`; a line may have several. */
const SECTION = new RegExp(
  `^${BEFORE}section_(start|end):(\\d{1,12}):([\\w.-]+)(\\[[^\\]\\r]*\\])?(?:\\r|$)`,
);

/** Buildkite's `--- NAME`, `+++ NAME` and `~~~ NAME`, and `^^^ +++`, which opens the group that it is in. */
const HEADERS = new RegExp(`^${BEFORE}(?:(---|\\+\\+\\+|~~~) +(\\S.*)|\\^\\^\\^ \\+\\+\\+\\s*$)`, "s");

/** Lines that only look like headers: results of Go's tests, and rules such as ping's `--- localhost ping statistics ---`. */
const NO_NAME = /^(?:PASS|FAIL|SKIP|BENCH): |(?:---|\+\+\+|~~~)\s*$/;

/** Ends the header of a diff, whose files are named after `---` and `+++`. */
const HUNK = new RegExp(`^${BEFORE}(?:@@|\\*{15})`);

/** The characters that a marker, or `BEFORE`, begins with. */
const FIRST_CHARS = "\u001b\r:#s-+~^@*";

/** The markers of a line. */
export function foldMarkers(line: string): FoldMarker[] {
  if (!FIRST_CHARS.includes(line.charAt(0)) || line === "") return [];
  const group = GROUP.exec(line);
  if (group) {
    const [, marker = "", rest = ""] = group;
    if (marker.includes("end")) return [{ kind: "end", key: "group", shares: false }];
    return [{ kind: "start", key: "group", name: nameOf(rest), cut: marker.length }];
  }
  const header = HEADERS.exec(line);
  if (header) {
    const [, form, rest = ""] = header;
    if (form === undefined) return [{ kind: "reopen" }];
    const name = nameOf(rest);
    if (NO_NAME.test(name)) return [];
    const look = form === "+++" ? "open" : form === "~~~" ? "muted" : undefined;
    return [{ kind: "start", key: HEADER, name, cut: shownLine(line).length - shownLine(rest).length, look }];
  }
  return sectionMarkers(line);
}

/** Whether a line ends the header of a diff: headers directly before it are names of files. */
export function isHunk(line: string): boolean {
  return FIRST_CHARS.includes(line.charAt(0)) && HUNK.test(line);
}

function sectionMarkers(line: string): FoldMarker[] {
  const markers: FoldMarker[] = [];
  let rest = line;
  for (let found = SECTION.exec(rest); found; found = SECTION.exec(rest)) {
    const [whole, kind, seconds, name = "", options = ""] = found;
    rest = rest.slice(whole.length);
    const key = `section ${name}`;
    const time_ms = Number(seconds) * 1000;
    if (kind === "end") markers.push({ kind: "end", key, shares: shownLine(rest).trim() !== "", time_ms });
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

function nameOf(text: string): string {
  return shownLine(text).trim().slice(0, NAME_CHARS_MAX);
}
