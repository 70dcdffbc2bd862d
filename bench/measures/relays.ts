import { request } from "node:http";
import { resolve } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { encodeChunk } from "../../protocol/wire/line.ts";
import { FollowerCheck } from "../crowd-worker/check.ts";
import { append, followSocket, LAST, type LoadFollower, line, within } from "../load.ts";
import { percentile, residentMB } from "../statistics.ts";
import type { Stream } from "../systems/system.ts";
import { tailrace } from "../systems/tailrace.ts";

const MEASURE_MS_MAX = 300_000;
const CONNECTS_AT_ONCE = 50;
const POLL_MS = 50;
/** Followers over the network, each of which takes two of the engine's files, and followers of one crowd in the engine. */
const NETWORK_MAX = 3_000;
const CROWD = 1_000;
/** Posts of the steady part, the lines of each, and the time from one to the next. */
const POSTS = 60;
const LINES_PER_POST = 5;
const POST_EVERY_MS = 500;
/** Every so many followers, one whose lines are timed. */
const TIMED_EVERY = 40;

/** What the crowd's Worker answers (`bench/crowd-worker/worker.ts`). */
interface CrowdReport {
  last_seqs: Record<string, number>;
  broken: number;
}

/** What many followers of one execution got, most of them at relays. */
export interface Relayed {
  connect_s: number;
  p50_ms: number;
  p99_ms: number;
  /** Lines delivered a second while batches are posted without a pause. */
  lines_s: number;
  engine_mb: number;
}

/**
 * Connects followers, and posts to them: first steadily, then as fast as posts are confirmed. Throws if any has lost a line, or got one
 * twice. Of the followers, some are over the network, and the others in the engine: a process may not open files enough for all.
 */
export async function relayed(count: number): Promise<Relayed> {
  const system = await tailrace({
    entry: resolve(import.meta.dirname, "../crowd-worker/worker.ts"),
    // As on an account: the local server has no relays below its bound of followers.
    vars: { FOLLOWERS_PER_OBJECT: 500 },
  });
  try {
    const stream = await system.open();
    const samples: number[] = [];
    const checks: NetworkCheck[] = [];
    const started_ms = performance.now();
    const near = Math.min(count, NETWORK_MAX);
    const followers = await connectAll(stream, near, (nth) => {
      const check = new NetworkCheck(nth % TIMED_EVERY === 0 ? samples : undefined);
      checks.push(check);
      return (data) => check.arrive(data);
    });
    const crowds = await connectCrowds(stream, count - near);
    const connect_s = (performance.now() - started_ms) / 1000;
    const seq = await postSteadily(stream);
    await within(Promise.all(checks.map((check) => check.reaches(seq))), MEASURE_MS_MAX, "the steady part");
    const fast_ms = performance.now();
    const last_seq = await postFast(stream, seq);
    await within(Promise.all(followers.map(({ done }) => done)), MEASURE_MS_MAX, "the last line");
    const engine_mb = residentMB(system.pid);
    await end(stream, last_seq);
    const reports = await within(Promise.all(crowds), MEASURE_MS_MAX, "the end");
    const seconds = (performance.now() - fast_ms) / 1000;
    const complete =
      checks.filter((check) => check.last_seq === last_seq && !check.is_broken).length +
      reports.reduce((sum, { last_seqs, broken }) => sum + (last_seqs[last_seq] ?? 0) - broken, 0);
    if (complete !== count) throw new Error(`${count - complete} of ${count} followers lack lines`);
    for (const follower of followers) follower.close();
    return {
      connect_s,
      p50_ms: percentile(samples, 50),
      p99_ms: percentile(samples, 99),
      lines_s: ((last_seq - seq) * count) / seconds,
      engine_mb,
    };
  } finally {
    await system.stop();
  }
}

/** Followers in the engine, in crowds. Each promise resolves once all of a crowd have ended. */
async function connectCrowds(
  { url, headers, socket_path }: Stream,
  count: number,
): Promise<Promise<CrowdReport>[]> {
  const crowds: Promise<CrowdReport>[] = [];
  for (let asked = 0; asked < count; ) {
    const some = Math.min(CROWD, count - asked);
    const body = JSON.stringify({ path: socket_path, key: headers["st2-api-key"], count: some });
    crowds.push(post(`${url}/crowd`, body).then((text) => JSON.parse(text)));
    asked += some;
    const come = async () => {
      while (Number(await (await fetch(`${url}/crowd`)).text()) < asked) await pause(POLL_MS);
    };
    await within(come(), MEASURE_MS_MAX, "connecting a crowd");
  }
  return crowds;
}

async function end({ url, append_path, append_headers }: Stream, last_seq: number): Promise<void> {
  const body = JSON.stringify({ last_seq, status: "succeeded", exit_code: 0, result: {} });
  const path = append_path.replace(/chunks$/, "end");
  await post(url + path, body, { ...append_headers, "content-type": "application/json" });
}

/** Posts, and waits for the answer as long as it takes. */
function post(url: string, body: string, headers: Record<string, string> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const posted = request(url, { method: "POST", headers }, async (response) => {
      const text = (await response.toArray()).join("");
      if (response.statusCode === 200) resolve(text);
      else reject(new Error(`HTTP ${response.statusCode}: ${text}`));
    });
    posted.on("error", reject).end(body);
  });
}

async function connectAll(
  stream: Stream,
  count: number,
  onData: (nth: number) => (data: Buffer) => void,
): Promise<LoadFollower[]> {
  const followers: LoadFollower[] = [];
  while (followers.length < count) {
    const some = Array.from({ length: Math.min(CONNECTS_AT_ONCE, count - followers.length) }, (_, at) =>
      followSocket(stream, stream.socket_path ?? "", onData(followers.length + at)),
    );
    followers.push(...(await within(Promise.all(some), MEASURE_MS_MAX, "connecting")));
  }
  return followers;
}

/** Posts at fixed times. Returns the last sequence number. */
async function postSteadily(stream: Stream): Promise<number> {
  let seq = 0;
  for (let post = 0; post < POSTS; post++) {
    const started_ms = performance.now();
    await append(stream, batch(seq, LINES_PER_POST, `sent at ${started_ms.toFixed(3)} `));
    seq += LINES_PER_POST;
    const rest_ms = POST_EVERY_MS - (performance.now() - started_ms);
    await new Promise((go) => setTimeout(go, Math.max(0, rest_ms)));
  }
  return seq;
}

/** Posts as fast as posts are confirmed. Returns the last sequence number. */
async function postFast(stream: Stream, from: number): Promise<number> {
  const [posts, lines] = [20, 50];
  for (let post = 0; post < posts; post++)
    await append(stream, batch(from + post * lines, lines, post === posts - 1 ? LAST : "fast"));
  return from + posts * lines;
}

function batch(after: number, lines: number, text: string): string {
  const timestamp = "2026-11-24T12:00:00.000000Z";
  return Array.from({ length: lines }, (_, at) => {
    const data = line(at === lines - 1 ? text : "a line of the load");
    return encodeChunk({ seq: after + at + 1, timestamp, output_type: "stdout", data });
  }).join("");
}

/** A follower over the network: some are timed, and the measurement waits for all. */
class NetworkCheck extends FollowerCheck {
  readonly #samples: number[] | undefined;
  #waiting: { seq: number; done: () => void } | undefined;

  constructor(samples: number[] | undefined) {
    super();
    this.#samples = samples;
  }

  arrive(data: Buffer): void {
    const text = data.toString("latin1");
    this.take(text);
    const now_ms = performance.now();
    if (this.#samples)
      for (const [, at] of text.matchAll(/sent at (\d+\.\d+) /g)) this.#samples.push(now_ms - Number(at));
    if (this.#waiting && this.last_seq >= this.#waiting.seq) this.#waiting.done();
  }

  /** Resolves once it has a sequence number. */
  reaches(seq: number): Promise<void> {
    if (this.last_seq >= seq) return Promise.resolve();
    return new Promise((done) => {
      this.#waiting = { seq, done };
    });
  }
}
