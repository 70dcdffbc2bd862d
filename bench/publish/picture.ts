import { OWN, type Report, systemsOf } from "../report.ts";
import { median } from "../statistics.ts";
import { ROWS, type Row, samplesOf, timesOwn } from "./rows.ts";

const WIDTH = 980;
const LEFT = 300;
const RIGHT = 30;
const TOP = 92;
const ROW_HEIGHT = 30;
const LEGEND_COLUMN = 160;
/** The colours of systems by their order, in light and in dark. */
const COLOURS = [
  ["#0969da", "#4493f8"],
  ["#818b98", "#9198a1"],
  ["#bc4c00", "#db6d28"],
  ["#1a7f37", "#3fb950"],
  ["#8250df", "#ab7df8"],
  ["#cf222e", "#f85149"],
] as const;

/** Each system's figures as multiples of Tailrace's, on a logarithmic scale: a point for the median, a line from the worst to the best. */
export function peersPicture(report: Report): string {
  const systems = systemsOf(report);
  const rows = ROWS.filter((row) => samplesOf(report, row, OWN).length > 0);
  const marks = rows.map((row) => ({ row, marks: systems.map((name) => markOf(report, row, name)) }));
  const all = marks.flatMap(({ marks }) => marks.flatMap((mark) => (mark ? [mark.worst, mark.best] : [])));
  const [from, to] = [
    Math.floor(Math.log10(Math.min(0.5, ...all))),
    Math.ceil(Math.log10(Math.max(2, ...all))),
  ];
  const x = (times: number) => LEFT + ((Math.log10(times) - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const bottom = TOP + rows.length * ROW_HEIGHT;
  const parts = [
    ...Array.from({ length: to - from + 1 }, (_, at) => gridLine(x(10 ** (from + at)), bottom, from + at)),
    ...systems.map((name, at) => legend(name, at)),
    ...marks.flatMap(({ row, marks }, at) => rowParts(row, marks, TOP + (at + 0.5) * ROW_HEIGHT, x)),
    `<text class="soft" x="${LEFT}" y="${bottom + 40}">worse than Tailrace</text>`,
    `<text class="soft end" x="${WIDTH - RIGHT}" y="${bottom + 40}">better than Tailrace</text>`,
  ];
  return `${head(bottom + 54)}${parts.map((part) => `  ${part}\n`).join("")}</svg>\n`;
}

interface Mark {
  middle: number;
  worst: number;
  best: number;
}

function markOf(report: Report, row: Row, system: string): Mark | undefined {
  const own = median(samplesOf(report, row, OWN));
  const times = timesOwn(report, row, system, own);
  if (times.length === 0) return undefined;
  return { middle: median(times), worst: Math.min(...times), best: Math.max(...times) };
}

function rowParts(row: Row, marks: (Mark | undefined)[], y: number, x: (times: number) => number): string[] {
  const title = `<text class="end" x="${LEFT - 16}" y="${y + 5}">${row.title}</text>`;
  return [
    title,
    ...marks.flatMap((mark, at) => {
      if (mark === undefined) return [];
      const [from, to] = [x(mark.worst), x(mark.best)].map(rounded);
      return [
        `<path class="range c${at}" d="M${from} ${y}H${to}"/>`,
        `<circle class="point c${at}" cx="${rounded(x(mark.middle))}" cy="${y}" r="${at === 0 ? 6 : 5}"/>`,
      ];
    }),
  ];
}

function gridLine(x: number, bottom: number, power: number): string {
  const at = rounded(x);
  const label = power >= 0 ? `× ${10 ** power}` : `÷ ${10 ** -power}`;
  return `<path class="${power === 0 ? "own" : "grid"}" d="M${at} ${TOP - 8}V${bottom}"/><text class="soft middle" x="${at}" y="${bottom + 20}">${label}</text>`;
}

function legend(name: string, at: number): string {
  const x = 20 + (at % 5) * (LEGEND_COLUMN + 30);
  const y = 48 + Math.floor(at / 5) * 22;
  return `<circle class="point c${at}" cx="${x}" cy="${y}" r="5"/><text x="${x + 12}" y="${y + 5}">${name === OWN ? "Tailrace" : name}</text>`;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

function head(height: number): string {
  const colours = (theme: 0 | 1) => COLOURS.map((pair, at) => `--c${at}: ${pair[theme]};`).join(" ");
  const classes = COLOURS.map((_, at) => `.c${at} { fill: var(--c${at}); stroke: var(--c${at}); }`).join(" ");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="Tailrace beside its peers">
  <title>Each system's figures as multiples of Tailrace's, on a logarithmic scale</title>
  <style>
    :root { --ink: #1f2328; --soft: #59636e; --edge: #d1d9e0; ${colours(0)} }
    @media (prefers-color-scheme: dark) {
      :root { --ink: #f0f6fc; --soft: #9198a1; --edge: #3d444d; ${colours(1)} }
    }
    text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: var(--ink); }
    .soft { font-size: 12px; fill: var(--soft); }
    .title { font-weight: 600; font-size: 15px; }
    .end { text-anchor: end; } .middle { text-anchor: middle; }
    .grid { stroke: var(--edge); } .own { stroke: var(--c0); stroke-width: 1.5; }
    .range { stroke-width: 3; stroke-linecap: round; opacity: 0.55; }
    ${classes}
  </style>
  <text class="title" x="20" y="24">Times Tailrace: medians, and the range of the rounds</text>
`;
}
