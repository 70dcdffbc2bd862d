import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./scratch.ts";

/** What the dashboard or the page knows of a metric: the labels that it names. */
export type Known = Map<string, Set<string>>;

/** Labels that Prometheus adds, or that every histogram has. */
const GIVEN = new Set(["instance", "le"]);

const NAME = /\b(?:tailrace|process)_[a-z_]+/g;

interface Dashboard {
  panels: { targets?: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}

/** The metrics that the dashboard's panels and variables ask for. */
export function metricsOfDashboard(): Known {
  const text = readFileSync(join(ROOT, "docs/dashboards/tailrace.json"), "utf8");
  const { panels, templating } = JSON.parse(text) as Dashboard;
  const queries = [
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
    ...templating.list.map(({ query }) => (typeof query === "string" ? query : query.query)),
  ];
  const known: Known = new Map();
  for (const query of queries) for (const [name, labels] of metricsIn(query)) add(known, name, labels);
  return known;
}

/** The metrics in the tables of docs/operate.md. */
export function metricsOfPage(): Known {
  const known: Known = new Map();
  for (const [, first = "", second = ""] of page().matchAll(
    /^\| (`(?:tailrace|process)_[^|]+) \|([^|]*)\|/gm,
  ))
    for (const [name] of first.matchAll(NAME)) add(known, name, namesIn(second));
  return known;
}

/** The metrics in the conditions of the page's alarms. */
export function metricsOfAlarms(): Known {
  const known: Known = new Map();
  const alarms = page().split("\n## Alarms\n")[1]?.split("\n## ")[0] ?? "";
  for (const [, query = ""] of alarms.matchAll(/`([^`]+)`/g))
    for (const [name, labels] of metricsIn(query)) add(known, name, labels);
  return known;
}

/** The kinds of the metrics that a page of /metrics has. */
export function kindsIn(text: string): Map<string, string> {
  return new Map(
    [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", kind = ""]) => [name, kind]),
  );
}

/** The metrics of a query, each with the labels of the query: all of its metrics have them. */
function metricsIn(query: string): [string, string[]][] {
  const selected = [...query.matchAll(/([a-z_]+)[!=]?[=~]"/g)].map(([, label = ""]) => label);
  const grouped = [...query.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = ""]) => list.split(", "));
  const labels = [...selected, ...grouped].filter((label) => !GIVEN.has(label));
  return [...query.matchAll(NAME)].map(([name]) => [name.replace(/_bucket$/, ""), labels]);
}

function namesIn(cell: string): string[] {
  return [...cell.matchAll(/`([a-z_]+)`/g)].map(([, name = ""]) => name);
}

function add(known: Known, name: string, labels: Iterable<string>): void {
  known.set(name, new Set([...(known.get(name) ?? []), ...labels]));
}

function page(): string {
  return readFileSync(join(ROOT, "docs/operate.md"), "utf8");
}
