import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type Browser, chromium, type Page } from "playwright-core";
import { append } from "../load.ts";
import { median } from "../statistics.ts";
import type { Stream } from "../systems/system.ts";
import { tailrace } from "../systems/tailrace.ts";
import { longestTasks } from "./viewer-live.ts";
import { NumberedLines } from "./viewer-load.ts";
import { searches } from "./viewer-search.ts";

/** The lines of the long output. */
const LINES = 1_000_000;
const LINES_PER_BATCH = 2_000;
const OPENINGS = 9;
/** How long a new tab keeps a processor busy by itself. */
const TAB_BEGINS_MS = 1_500;
const BUILT = resolve(import.meta.dirname, "../../web/dist/page.html");

/** The cost of a page that shows an output. The browser runs on the machine of the server and the load. */
export async function viewer(quick: boolean): Promise<Record<string, number>> {
  const system = await tailrace();
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--enable-precise-memory-info",
      "--disable-background-networking",
    ],
  });
  try {
    const long = await system.open();
    await fill(long);
    const empty = await system.open();
    await finish(empty, 0);
    const opened = await openings(browser, long, empty);
    const searched = await searches(() => openPage(browser, long), LINES);
    const live = await longestTasks(
      async () => {
        const stream = await system.open();
        return { stream, page: await openPage(browser, stream) };
      },
      { runs: quick ? 1 : 5, live_ms: quick ? 5_000 : 10_000, lines: quick ? LINES / 5 : LINES },
    );
    return { "page, gzip kB": pageKilobytes(), ...opened, ...searched, ...live };
  } finally {
    await browser.close();
    await system.stop();
  }
}

async function fill(stream: Stream): Promise<void> {
  const load = new NumberedLines();
  for (let lines = 0; lines < LINES; lines += LINES_PER_BATCH)
    await append(stream, load.next(LINES_PER_BATCH));
  await finish(stream, load.last_seq);
}

/** Ends the execution as its agent would. */
async function finish({ url, append_path, append_headers }: Stream, last_seq: number): Promise<void> {
  const answer = await fetch(url + append_path.replace(/chunks$/, "end"), {
    method: "POST",
    headers: { ...append_headers, "content-type": "application/json" },
    body: JSON.stringify({ status: "succeeded", exit_code: 0, last_seq, result: {} }),
  });
  if (!answer.ok) throw new Error(`the execution was not ended: ${await answer.text()}`);
}

/** The size of everything that an output page loads, compressed with gzip. */
function pageKilobytes(): number {
  return gzipSync(readFileSync(BUILT)).length / 1000;
}

/**
 * Runs in the page from its beginning, so that no round trip to the browser is measured. The rows, or the sentence in their
 * place, are painted before the frame after theirs begins.
 */
const WATCH_PAINT = `globalThis.painted = new Promise((painted) => {
  const look = () => document.querySelectorAll(".row .number").length > 20 || document.querySelector(".no-output")
    ? requestAnimationFrame(() => painted(performance.now()))
    : requestAnimationFrame(look);
  look();
});`;

/**
 * Milliseconds from the navigation until the last lines are painted, and until the page of an execution without output is.
 * They are medians of new contexts, which open the two in turns.
 */
async function openings(browser: Browser, long: Stream, empty: Stream): Promise<Record<string, number>> {
  const times: number[] = [];
  const empty_times: number[] = [];
  let elements = 0;
  let heap_mb = 0;
  while (times.length < OPENINGS) {
    const bare = await openPage(browser, empty);
    empty_times.push(await bare.evaluate<number>("painted"));
    await bare.context().close();
    const page = await openPage(browser, long);
    times.push(await page.evaluate<number>("painted"));
    elements = await page.locator("*").count();
    heap_mb = await page.evaluate<number>("performance.memory.usedJSHeapSize / 1e6");
    await page.context().close();
  }
  return {
    "last lines of a million painted, p50 ms": median(times),
    "a page without output painted, p50 ms": median(empty_times),
    elements,
    "heap, MB": heap_mb,
  };
}

async function openPage(browser: Browser, stream: Stream): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const key = JSON.stringify(stream.headers["st2-api-key"]);
  await context.addInitScript(`sessionStorage.setItem("tailrace.credential", ${key}); ${WATCH_PAINT}`);
  const page = await context.newPage();
  await new Promise((done) => setTimeout(done, TAB_BEGINS_MS));
  const id = /executions\/(\w+)\//.exec(stream.append_path)?.[1];
  await page.goto(`${stream.url}/executions/${id}`);
  return page;
}
