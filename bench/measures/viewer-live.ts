import type { CDPSession, Page } from "playwright-core";
import { append } from "../load.ts";
import { median } from "../statistics.ts";
import type { Stream } from "../systems/system.ts";
import { NumberedLines } from "./viewer-load.ts";

const LIVE_LINES_PER_SECOND = 5_000;
const LIVE_BATCH_MS = 10;
const FAST_LINES_PER_BATCH = 2_000;
const TRACE_BEGINS_MS = 2_000;

interface Live {
  runs: number;
  live_ms: number;
  lines: number;
}

/**
 * The page's main thread while lines arrive, at a steady rate and as fast as the server takes them: the median of the runs'
 * longest tasks, and the share of time in which the thread is busy at the steady rate.
 */
export async function longestTasks(
  open: () => Promise<{ stream: Stream; page: Page }>,
  { runs, live_ms, lines }: Live,
): Promise<Record<string, number>> {
  const steady: Followed[] = [];
  const fast: Followed[] = [];
  for (let run = 0; run < runs; run++) {
    steady.push(await follow(await open(), (stream) => postSteadily(stream, live_ms)));
    fast.push(await follow(await open(), (stream) => postFast(stream, lines)));
  }
  return {
    "longest task at 5,000 lines/s, ms": median(steady.map(({ longest_ms }) => longest_ms)),
    "longest task at a million lines, ms": median(fast.map(({ longest_ms }) => longest_ms)),
    "share of the main thread": median(steady.map(({ busy_share }) => busy_share)),
  };
}

interface Followed {
  longest_ms: number;
  busy_share: number;
}

async function follow(
  { stream, page }: { stream: Stream; page: Page },
  post: (stream: Stream) => Promise<void>,
): Promise<Followed> {
  await page.getByText("live", { exact: true }).waitFor();
  const session = await page.context().newCDPSession(page);
  const trace = await startTrace(session);
  // The start of a trace keeps the browser busy by itself.
  await new Promise((done) => setTimeout(done, TRACE_BEGINS_MS));
  const started = performance.now();
  await post(stream);
  const elapsed_ms = performance.now() - started;
  const tasks = await trace.stop();
  await page.context().close();
  return {
    longest_ms: tasks.reduce((longest, ms) => Math.max(longest, ms), 0),
    busy_share: tasks.reduce((sum, ms) => sum + ms, 0) / elapsed_ms,
  };
}

async function postSteadily(stream: Stream, live_ms: number): Promise<void> {
  const started = performance.now();
  const lines = (LIVE_LINES_PER_SECOND * LIVE_BATCH_MS) / 1000;
  const load = new NumberedLines();
  for (let batch = 0; batch < live_ms / LIVE_BATCH_MS; batch++) {
    await append(stream, load.next(lines));
    const early_ms = started + batch * LIVE_BATCH_MS - performance.now();
    if (early_ms > 0) await new Promise((done) => setTimeout(done, early_ms));
  }
}

async function postFast(stream: Stream, lines: number): Promise<void> {
  const load = new NumberedLines();
  for (let done = 0; done < lines; done += FAST_LINES_PER_BATCH) {
    await append(stream, load.next(FAST_LINES_PER_BATCH));
  }
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
