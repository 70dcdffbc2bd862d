// @module-tag chromium-headless-shell
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LEAD_LINES_MAX } from "../../protocol/base/reader-limits.ts";
import { type Chunk, OUTPUT_TYPES, type OutputType } from "../../protocol/wire/chunk.ts";
import { noLines } from "../../protocol/wire/counts.ts";
import { splitLines } from "../../protocol/wire/ndjson.ts";
import { isFolded, type ShownLine, shownRuns } from "../../protocol/wire/shown-line.ts";
import { type LoadedPage, readPage } from "../../web/log/loaded-page.ts";
import { PageReader } from "../../web/log/page-reader.ts";
import { afterTest } from "../support/world.ts";
import { openTab } from "./support/browser.ts";
import { stands } from "./support/log-page.ts";
import type { Producer } from "./support/producer.ts";
import { browser, producers, server } from "./support/shared-server.ts";

const ESC = "\u001b";

async function read(id: string, path: string): Promise<string> {
  const address = `${server.url}/api/v1/executions/${id}/output${path}`;
  const answer = await fetch(address, { headers: { "st2-api-key": server.apiKey } });
  expect(answer.status).toBe(200);
  return answer.text();
}

async function pageAt(id: string, place: number, types: readonly OutputType[]): Promise<LoadedPage> {
  const query = `line=${place}&lead=${LEAD_LINES_MAX}&type=${types.join()}`;
  return readPage(await read(id, `/lines?${query}`), types, place);
}

/** The lines of a whole log, drawn from its beginning. */
async function wholeLog(id: string, types: readonly OutputType[]): Promise<ShownLine[]> {
  const reader = new PageReader(noLines(), types);
  return splitLines(await read(id, "?format=ndjson&follow=false")).flatMap((line) => {
    const record: Chunk | { event: string } = JSON.parse(line);
    return "event" in record ? [] : reader.read(record);
  });
}

function looks(lines: readonly ShownLine[]) {
  return lines.map((line) => ({ place: line.place, runs: isFolded(line) ? "folded" : shownRuns(line) }));
}

/** Each page has these lines as the whole log has them, and those that it knows are right. */
async function expectSame(id: string, places: number[], types: readonly OutputType[] = OUTPUT_TYPES) {
  const whole = await wholeLog(id, types);
  for (const place of places) {
    const page = await pageAt(id, place, types);
    const known = page.lines.filter((line) => !line.is_provisional);
    expect(known.some((line) => line.place === place)).toBe(true);
    expect(looks(known)).toEqual(looks(known.map((line) => whole[line.place - 1] ?? line)));
  }
}

async function written(chunks: readonly (string | { type: OutputType; data: string })[]): Promise<Producer> {
  const producer = await producers.open();
  for (const chunk of chunks) await producer.write(chunk);
  await producer.end();
  return producer;
}

/** Programs that need no more than the lines of the lead: they set their colours again, and go on after they went up. */
const PIECE = fc.oneof(
  fc.constantFrom("one\n", "two words\n", "a\nb\nc\n", "漢字 wide\n", "no end, ", "\n"),
  fc.constantFrom(`${ESC}[31mred\n`, `${ESC}[0mplain\n`, `${ESC}[1;44mbold\nand on\n`, `${ESC}[m`),
  fc.constantFrom("10%", "\r50%", `\r${ESC}[K`, `${ESC}[1G${ESC}[Kstep`, "\r100%\n"),
  fc.integer({ min: 1, max: 6 }).map((up) => `${ESC}[${up}A\r${ESC}[Kdrawn again${ESC}[${up}B\r`),
  fc.integer({ min: 1, max: 4 }).map((up) => `${ESC}[${up}A${ESC}[J${"anew\n".repeat(up + 1)}`),
  fc.constant(`${ESC}7 saved ${ESC}8`),
);

/** Rows by their number need a screen that is full: a hundred lines of their stream. */
const PLACED = `${ESC}[95;99r${ESC}[99;1H\n\n${ESC}[r${ESC}[100;1H`;

const BATCH = fc
  .record({
    type: fc.constantFrom<OutputType>("stdout", "stdout", "stdout", "stdout", "stderr"),
    pieces: fc.array(PIECE, { minLength: 3, maxLength: 6 }),
    places: fc.nat({ max: 30 }).map((at) => at === 30),
  })
  .map(({ type, pieces, places }) => ({
    type,
    data: pieces.join("") + (type === "stdout" && places ? PLACED : ""),
  }));

describe("a page in the middle of a log of small batches", () => {
  it("has the colours and the rows of the whole log, whatever its programs draw", async () => {
    const batches = fc.array(BATCH, { minLength: 450, maxLength: 450 });
    const property = fc.asyncProperty(batches, async (chunks) => {
      const { id } = await written(chunks);
      const { total } = await pageAt(id, 1, OUTPUT_TYPES);
      const count = total.stdout + total.stderr;
      await expectSame(id, [1, 2, 401, 402, 600, 777, count - 30, count]);
      await expectSame(id, [1, 60, total.stderr], ["stderr"]);
      await expectSame(id, [500, total.stdout - 5], ["stdout"]);
    });
    // One long log: a shorter one would have no page in its middle.
    await fc.assert(property, { numRuns: 1, endOnFailure: true });
  });

  it("has a row that is redrawn over many batches without a line feed", async () => {
    const updates = Array.from({ length: 80 }, (_, at) => `${ESC}[1G${ESC}[Kstep ${at} of 80`);
    const producer = await written(["first\n", ...updates, "\n", "last\n"]);
    await expectSame(producer.id, [1, 2, 3]);
    const { lines } = await pageAt(producer.id, 2, OUTPUT_TYPES);
    expect(lines.map((line) => shownRuns(line)[0]?.text)).toEqual(["first", "step 79 of 80", "last"]);
  });

  it("names the line from which it is drawn, if colours from before may be missing", async () => {
    const plain = Array.from({ length: 60 }, () => "plain\n".repeat(10));
    const producer = await written([`${ESC}[31mred\n`, ...plain]);
    const near = await pageAt(producer.id, 300, OUTPUT_TYPES);
    expect(near.lines.filter(({ drawn_from }) => drawn_from !== undefined)).toEqual([]);
    expect(near.lines[299] && shownRuns(near.lines[299])[0]?.style).toEqual({ fg: 1 });
    const far = await pageAt(producer.id, 500, OUTPUT_TYPES);
    const [asked] = far.lines.filter(({ is_provisional }) => !is_provisional);
    // The batch before has ten lines and one more.
    expect(asked).toMatchObject({ number: 500, drawn_from: 92 });
  });
});

describe("the last lines of a log", () => {
  it("are drawn from further back, once a reader looks at the first of them", async () => {
    // A colour goes on over two hundred lines, and the last lines begin within.
    const texts = Array.from({ length: 220 }, (_, at) =>
      Array.from({ length: 10 }, (_, line) => `colour ${at} ${line} ${"-".repeat(60)}\n`).join(""),
    );
    const producer = await written(
      texts.map((text, at) => (at % 20 === 0 ? `${ESC}[3${1 + ((at / 20) % 6)}m` : "") + text),
    );
    const last = readPage(await read(producer.id, "/lines"), OUTPUT_TYPES);
    const first = last.lines[0];
    expect(first && shownRuns(first)[0]?.style).toEqual({});
    const path = `/executions/${producer.id}`;
    const { page, errors, close } = await openTab(browser, server.url, path, { key: server.apiKey });
    afterTest(close);
    await stands(page, /^complete/);
    await page.evaluate(`location.hash = "#L${first?.number}"`);
    await page.locator(".row.selected .text span[style*=color]").waitFor();
    expect(errors).toEqual([]);
  });

  it("know which of them earlier output may have drawn on", async () => {
    const producer = await producers.open();
    await producer.writeLines(1, 3_000);
    const last = readPage(await read(producer.id, "/lines"), OUTPUT_TYPES);
    const early = last.lines.filter(({ is_provisional }) => is_provisional);
    expect(early).toHaveLength(LEAD_LINES_MAX);
    expect(early[0]).toBe(last.lines[0]);
  });
});
