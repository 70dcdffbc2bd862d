import { batchOfLines, within } from "../load.ts";
import { scratch } from "../scratch.ts";
import { cpuSeconds } from "../statistics.ts";
import { connectAgent, registerLocal, startTailrace, type TailraceServer } from "../systems/tailrace.ts";

/** Readers at the same time, and lines of 100 bytes of the output. */
const READERS = 16;
const SMALL_LINES = 1_000;
const LARGE_LINES = 100_000;
const BATCH = 1_000;
const WARM_UP_MS = 1_000;
const READ_MS_MAX = 60_000;

/**
 * Ended outputs, read as text again and again: from their objects, and from the cache. The cache here is the local engine's, which is
 * an object with files, so the figures show what the Worker saves and not what the platform's cache does.
 */
export async function endedReads(measure_ms: number): Promise<Record<string, number>> {
  const figures: Record<string, number> = {};
  for (const [from, CACHED_PAGES_MAX] of [["object", 0] as const, ["cache", 200] as const]) {
    const server = await startTailrace(scratch(), 0, { vars: { CACHED_PAGES_MAX } });
    await registerLocal(server.client);
    const small = await reading(server, await endedOutput(server, SMALL_LINES), READERS, measure_ms);
    figures[`${from}, 100 kB, reads/s`] = small.reads / small.seconds;
    figures[`${from}, 100 kB, CPU ms a read`] = (small.cpu_seconds * 1000) / small.reads;
    const large = await reading(server, await endedOutput(server, LARGE_LINES), 1, measure_ms);
    figures[`${from}, 10 MB, MB/s`] = (large.reads * LARGE_LINES * 100) / 1e6 / large.seconds;
    figures[`${from}, 10 MB, CPU ms a read`] = (large.cpu_seconds * 1000) / large.reads;
    await server.stop();
  }
  return figures;
}

/** The path of an ended output with so many lines. */
async function endedOutput(server: TailraceServer, lines: number): Promise<string> {
  const { client } = server;
  const leased = Promise.withResolvers<{ id: string; token: string }>();
  const agent = await connectAgent(server, (id, token) => leased.resolve({ id, token }));
  await client.create({ action: "core.local", parameters: { cmd: "true" } });
  const { id, token } = await leased.promise;
  await client.start(id, token);
  for (let seq = 1; seq <= lines; seq += BATCH) await client.append(id, token, batchOfLines(seq, BATCH));
  const result = { failed: false, succeeded: true, return_code: 0, stdout: "", stderr: "" };
  await client.end(id, token, { last_seq: lines, status: "succeeded", exit_code: 0, result });
  agent.close();
  return `/api/v1/executions/${id}/output`;
}

interface Read {
  reads: number;
  seconds: number;
  cpu_seconds: number;
}

async function reading(
  { url, key, pid }: TailraceServer,
  path: string,
  readers: number,
  measure_ms: number,
): Promise<Read> {
  const readFor = async (ms: number) => {
    const started = performance.now();
    const before = cpuSeconds(pid);
    let reads = 0;
    const read = async () => {
      while (performance.now() - started < ms) {
        const answer = await fetch(url + path, { headers: { "st2-api-key": key } });
        await answer.arrayBuffer();
        reads++;
      }
    };
    await within(Promise.all(Array.from({ length: readers }, read)), READ_MS_MAX, "the reads");
    const seconds = (performance.now() - started) / 1000;
    return { reads, seconds, cpu_seconds: cpuSeconds(pid) - before };
  };
  await readFor(WARM_UP_MS);
  return readFor(measure_ms);
}
