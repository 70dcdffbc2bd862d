import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { peersPicture } from "./publish/picture.ts";
import { peersSection } from "./publish/section.ts";
import type { Report } from "./report.ts";

const ROOT = resolve(import.meta.dirname, "..");

/** The published run: its samples, the picture of them, and the document that shows both. */
export const RESULTS = join(ROOT, "bench/results/peers.json");
export const PICTURE = join(ROOT, "docs/pictures/peers.svg");
export const DOCUMENT = join(ROOT, "docs/benchmarks.md");

const BEGIN = "<!-- made by bench/publish.ts from bench/results/peers.json -->";
const END = "<!-- end of what bench/publish.ts makes -->";

/** Writes a run's samples, its picture and its part of the document. */
export function publish(report: Report): void {
  mkdirSync(resolve(RESULTS, ".."), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(PICTURE, peersPicture(report));
  writeFileSync(DOCUMENT, withSection(readFileSync(DOCUMENT, "utf8"), report));
  for (const file of [RESULTS, PICTURE, DOCUMENT]) process.stderr.write(`wrote ${relative(ROOT, file)}\n`);
}

/** The document with this run between the markers. */
export function withSection(document: string, report: Report): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin)
    throw new Error(`${relative(ROOT, DOCUMENT)} has no markers for the published run`);
  return `${document.slice(0, begin)}${BEGIN}\n\n${peersSection(report)}\n${document.slice(end)}`;
}

/** Reads a run's file, as `--json` writes it. */
export function readReport(file: string): Report {
  return JSON.parse(readFileSync(file, "utf8")) as Report;
}

if (import.meta.main) {
  const [file] = process.argv.slice(2);
  if (file === undefined) {
    process.stderr.write(
      "Usage: node bench/publish.ts FILE\n\nFILE is a run that `npm run bench -- --peers --json FILE` has written.\n",
    );
    process.exit(2);
  }
  publish(readReport(file));
}
