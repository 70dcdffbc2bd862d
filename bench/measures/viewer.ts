import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { type Browser, type CDPSession, chromium, type Page } from "playwright-core";
import { append, batchOfFewChunks } from "../load.ts";
import { median } from "../statistics.ts";
import type { Stream } from "../systems/system.ts";
import { tailrace } from "../systems/tailrace.ts";

const LINES = 1_000_000;
const LINES_PER_BATCH = 2_000;
const OPENINGS = 9;
const LIVE_LINES_PER_SECOND = 5_000;
const LIVE_BATCH_MS = 10;
const TRACE_BEGINS_MS = 2_000;
/** How long a new tab keeps a processor busy by itself. */
const TAB_BEGINS_MS = 1_500;
const BUILT = resolve(import.meta.dirname, "../../web/dist/page.html");

/** The cost of a page that shows an output. */
export interface ViewerFigures {
  page_kb: number;
  first_lines_ms: number;
  elements: number;
  heap_mb: number;
  longest_task_ms: number;
  busy_share: number;
}

/** Measures with a browser on the machine of the server and the load. */
export async function viewer(live_ms: number): Promise<ViewerFigures> {
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
    const opened = await openings(browser, long);
    const live = await follow(browser, await system.open(), live_ms);
    return { page_kb: pageKilobytes(), ...opened, ...live };
  } finally {
    await browser.close();
    await system.stop();
  }
}

async function fill(stream: Stream): Promise<void> {
  let seq = 1;
  for (let lines = 0; lines < LINES; lines += LINES_PER_BATCH) {
    const { body, chunks } = batchOfFewChunks(seq, LINES_PER_BATCH);
    await append(stream, body);
    seq += chunks;
  }
  await finish(stream, seq - 1);
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
  return gzipSync(readFileSync(BUILT)).length / 1024;
}

/**
 * Runs in the page from its beginning, so that no round trip to the browser is measured. The rows are painted before the
 * frame after theirs begins.
 */
const WATCH_PAINT = `globalThis.painted = new Promise((painted) => {
  const look = () => document.querySelectorAll(".row .number").length > 20
    ? requestAnimationFrame(() => painted(performance.now()))
    : requestAnimationFrame(look);
  look();
});`;

/** Milliseconds from the navigation until the last lines are painted, in new tabs: the median of several. */
async function openings(
  browser: Browser,
  stream: Stream,
): Promise<Pick<ViewerFigures, "first_lines_ms" | "elements" | "heap_mb">> {
  const times: number[] = [];
  let last = { elements: 0, heap_mb: 0 };
  while (times.length < OPENINGS) {
    const page = await open(browser, stream);
    times.push(await page.evaluate<number>("painted"));
    last = {
      elements: await page.locator("*").count(),
      heap_mb: await page.evaluate<number>("performance.memory.usedJSHeapSize / 1e6"),
    };
    await page.context().close();
  }
  return { first_lines_ms: median(times), ...last };
}

/** The page's main thread while lines arrive: its longest task, and the share of time in which it is busy. */
async function follow(
  browser: Browser,
  stream: Stream,
  live_ms: number,
): Promise<Pick<ViewerFigures, "longest_task_ms" | "busy_share">> {
  const page = await open(browser, stream);
  await page.getByText("live", { exact: true }).waitFor();
  const session = await page.context().newCDPSession(page);
  const trace = await startTrace(session);
  // The start of a trace keeps the browser busy by itself.
  await new Promise((done) => setTimeout(done, TRACE_BEGINS_MS));
  const started = performance.now();
  const lines = (LIVE_LINES_PER_SECOND * LIVE_BATCH_MS) / 1000;
  for (let batch = 0, seq = 1; batch < live_ms / LIVE_BATCH_MS; batch++) {
    const { body, chunks } = batchOfFewChunks(seq, lines);
    await append(stream, body);
    seq += chunks;
    const early_ms = started + batch * LIVE_BATCH_MS - performance.now();
    if (early_ms > 0) await new Promise((done) => setTimeout(done, early_ms));
  }
  const elapsed_ms = performance.now() - started;
  const tasks = await trace.stop();
  await page.context().close();
  return {
    longest_task_ms: tasks.reduce((longest, ms) => Math.max(longest, ms), 0),
    busy_share: tasks.reduce((sum, ms) => sum + ms, 0) / elapsed_ms,
  };
}

interface TraceEvent {
  name: string;
  ph: string;
  dur?: number;
  pid: number;
  tid: number;
  args?: { name?: string; data?: unknown };
}

/** Records the tasks of the page's main thread. `stop` returns the duration of each, including waits. */
async function startTrace(session: CDPSession): Promise<{ stop: () => Promise<number[]> }> {
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => {
    for (const event of value) events.push(event as unknown as TraceEvent);
  });
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["toplevel", "devtools.timeline", "__metadata"] },
  });
  const stop = async () => {
    const complete = new Promise<void>((done) => session.once("Tracing.tracingComplete", () => done()));
    await session.send("Tracing.end");
    await complete;
    // The renderer that laid out rows is the page's; there may be others.
    const layouts = Map.groupBy(
      events.filter(({ name }) => name === "UpdateLayoutTree" || name === "Layout"),
      ({ pid, tid }) => `${pid} ${tid}`,
    );
    const [main] = [...layouts].sort(([, one], [, other]) => other.length - one.length)[0] ?? [];
    return events
      .filter(
        ({ name, pid, tid }) =>
          `${pid} ${tid}` === main && /^(RunTask|ThreadControllerImpl::RunTask)$/.test(name),
      )
      .map(({ dur = 0 }) => dur / 1000);
  };
  return { stop };
}

async function open(browser: Browser, stream: Stream): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const key = JSON.stringify(stream.headers["st2-api-key"]);
  await context.addInitScript(`sessionStorage.setItem("tailrace.credential", ${key}); ${WATCH_PAINT}`);
  const page = await context.newPage();
  await new Promise((done) => setTimeout(done, TAB_BEGINS_MS));
  const id = /executions\/(\w+)\//.exec(stream.append_path)?.[1];
  await page.goto(`${stream.url}/executions/${id}`);
  return page;
}
