import type { Report } from "../report.ts";

/** A row of the published table. */
export interface Row {
  /** Its name in the samples. */
  row: string;
  title: string;
  /** Whether less is better. */
  is_time?: boolean;
}

export const ROWS: Row[] = [
  { row: "ingest, 1 line a batch [k lines/s]", title: "ingest, 1 line a request (k lines/s)" },
  { row: "ingest, 50 lines a batch [k lines/s]", title: "ingest, 50 lines a request (k lines/s)" },
  { row: "ingest, 1000 lines a batch [MB/s]", title: "ingest, 1000 lines a request (MB/s)" },
  ...[100, 1000].flatMap((followers) => [
    delay(followers, "sse", "events"),
    delay(followers, "websocket", "WebSocket"),
  ]),
  {
    row: "fan-out of single lines to 100, sse [k lines/s]",
    title: "single lines to 100, events (k lines/s)",
  },
  {
    row: "fan-out of single lines to 100, websocket [k lines/s]",
    title: "single lines to 100, WebSocket (k lines/s)",
  },
  ...[100, 1000].flatMap((followers) => [
    {
      row: `fan-out to ${followers}, sse [M lines/s]`,
      title: `50 lines to ${followers}, events (M lines/s)`,
    },
    {
      row: `fan-out to ${followers}, websocket [M lines/s]`,
      title: `50 lines to ${followers}, WebSocket (M lines/s)`,
    },
  ]),
  { row: "replay of 100,000 lines, sse [MB/s]", title: "replay, events (MB/s)" },
  { row: "replay of 100,000 lines, websocket [MB/s]", title: "replay, WebSocket (MB/s)" },
];

function delay(followers: number, how: string, title: string): Row {
  return {
    row: `latency to ${followers}, ${how} [p50 ms]`,
    title: `delay to ${followers}, ${title}, p50 (ms)`,
    is_time: true,
  };
}

/** A system's samples of a row. */
export function samplesOf({ values }: Report, { row }: Row, system: string): number[] {
  return values[row]?.[system] ?? [];
}

/** How many times as good as Tailrace's median each sample of a system is. */
export function timesOwn(report: Report, row: Row, system: string, own: number): number[] {
  return samplesOf(report, row, system).map((value) => (row.is_time ? own / value : value / own));
}
