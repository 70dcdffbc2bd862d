/** The keys of an output page, as its sheet shows them. */
export const OUTPUT_KEYS: [string, string][] = [
  ["↑ ↓ j k", "a row"],
  ["PgUp PgDn Space", "a page"],
  ["Home g", "the first line"],
  ["End G", "the end, and follow it"],
  ["Ctrl-F or /", "search the whole output; Ctrl-F once more is the browser's"],
  ["n N", "next and previous match"],
  ["Ctrl-A", "select all lines"],
  ["Ctrl-C", "copy the selected lines, also those not on the screen"],
  ["l", "copy a link to the selected lines; c to their chunk"],
  ["w t #", "wrap, time, line numbers"],
  ["1 2 3", "show stdout, stderr, other"],
  ["d", "details"],
  ["Esc", "close the search, or select nothing"],
  ["click a number", "select a line and copy its link; with Shift up to there"],
];
