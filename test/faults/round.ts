import { cpSync, lstatSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "../../protocol/base/backoff.ts";
import { listUnfinished } from "./everything.ts";
import type { Violation } from "./facts.ts";
import type { Fault } from "./fault.ts";
import { kindNamed } from "./faults/kinds.ts";
import type { Hit } from "./hits.ts";
import { judge } from "./judge.ts";
import { usageOfWorld } from "./left.ts";
import { Load } from "./load.ts";
import { faultText } from "./plan.ts";
import { Random } from "./random.ts";
import type { Recoveries } from "./recovery.ts";
import { Timeline } from "./timeline.ts";
import { actOn } from "./users/acts.ts";
import { World } from "./world/world.ts";

/** How long everything may take to end after the last fault, beyond the grace time of a lost agent. */
const SETTLE_MS_MAX = 90_000;

/** The interval of looks at whether everything has ended. */
const POLL_MS = 250;

/** How long a lasting fault may take to end. */
const UNDO_MS_MAX = 30_000;

/** The grace times of rounds: one that faults outlast, one that some do, and one that none does. */
const GRACES_SECONDS = [5, 20, 120];

export interface RoundOptions {
  seed: string;
  faults: readonly Fault[];
  /** Kept after a violation. */
  folder: string;
  executions_at_once: number;
  executions_max: number;
  is_root: boolean;
}

export interface RoundOutcome {
  /** The number of faults, and of those that hit something. */
  injected: number;
  hits: Hit[];
  executions: number;
  violations: Violation[];
  recoveries: Recoveries;
  timeline: Timeline;
}

/** Runs one world with its faults, and judges it. */
export async function runRound(options: RoundOptions): Promise<RoundOutcome> {
  const { seed, faults, folder, is_root } = options;
  mkdirSync(folder, { recursive: true });
  const random = new Random(seed);
  const timeline = new Timeline();
  const grace_seconds = random.fork("grace").pick(GRACES_SECONDS);
  const world = await World.start({ folder, random: random.fork("world"), timeline, grace_seconds, is_root });
  const before = usageOfWorld(world);
  const readers = new AbortController();
  try {
    const load = new Load({
      world,
      random: random.fork("load"),
      at_once: options.executions_at_once,
      executions_max: options.executions_max,
      signal: readers.signal,
    });
    const hits = await injectAll(world, faults);
    timeline.note("harness", "no more faults");
    const settled = await inTime(settle(world, load), SETTLE_MS_MAX + grace_seconds * 1000);
    const is_there = world.server.kept.is_ready;
    const left = is_there ? await unfinished(world) : [];
    const hung = settled ? [] : [...unready(world), ...load.unfinished, ...left];
    const violations = hung.map((text) => ({ rule: "nothing hangs", text }));
    timeline.note("harness", settled ? "settled" : "not settled");
    readers.abort();
    // A server that does not come back is the violation, and the rest cannot be judged.
    const judged = is_there
      ? await judge({ world, load, hits, before })
      : { executions: load.launched.length, violations: [], recoveries: {} };
    const all = [...violations, ...judged.violations];
    if (all.length > 0) {
      writeFileSync(join(folder, "timeline.txt"), `${timeline.lines().join("\n")}\n`);
      // Files on disks in memory vanish with the disks, so they are copied.
      for (const [name, disk] of world.disks)
        cpSync(disk.folder, join(folder, "disks", name), { recursive: true, filter: isFileOrFolder });
    }
    return {
      injected: faults.length,
      hits,
      executions: judged.executions,
      violations: all,
      recoveries: judged.recoveries,
      timeline,
    };
  } finally {
    readers.abort();
    world.endFaults();
    await world.stop();
  }
}

/** A socket cannot be copied. */
function isFileOrFolder(path: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found !== undefined && (found.isFile() || found.isDirectory());
}

/** Removes a round's files. */
export function dropRound(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** Injects each fault at its time. Resolves when the last is over and lasting ones have ended. */
async function injectAll(world: World, faults: readonly Fault[]): Promise<Hit[]> {
  const { timeline } = world;
  const started_ms = performance.now();
  const hits: Hit[] = [];
  const injected: Promise<void>[] = [];
  for (const fault of faults) {
    await pause(Math.max(0, started_ms + fault.at_ms - performance.now()));
    timeline.note("fault", faultText(fault));
    injected.push(inject(world, fault, hits));
  }
  world.endFaults();
  if (!(await inTime(Promise.all(injected), UNDO_MS_MAX))) throw new Error("a fault does not end");
  return hits;
}

async function inject(world: World, fault: Fault, hits: Hit[]): Promise<void> {
  const from_ms = Date.now();
  const has_hit = await kindNamed(fault.kind).inject(world, fault);
  world.timeline.note("fault", `#${fault.number} ${has_hit ? "is over" : "has hit nothing"}`);
  if (has_hit) hits.push({ fault, from_ms, to_ms: Date.now() });
}

/** Waits until every process runs, every execution has ended, and every reader knows it. */
async function settle(world: World, load: Load): Promise<void> {
  while (unready(world).length > 0) await pause(POLL_MS);
  await Promise.all([load.finished(), ended(world)]);
}

/** Processes that are not back yet. */
function unready({ server, agents }: World): string[] {
  const all = [server.kept, ...agents.map(({ kept }) => kept)];
  return all.filter(({ is_ready }) => !is_ready).map(({ name }) => `${name} is not ready`);
}

async function ended(world: World): Promise<void> {
  while (await remains(world)) await pause(POLL_MS);
}

async function unfinished({ client }: World): Promise<string[]> {
  return (await listUnfinished(client)).map(({ id, status }) => `${id} is ${status}`);
}

/** Whether an execution has not ended. Paused executions are resumed. */
async function remains(world: World): Promise<boolean> {
  const unfinished = await listUnfinished(world.client);
  for (const { id, status } of unfinished)
    if (status === "paused") world.noteAct(id, await actOn(world.client, id, "resume"));
  return unfinished.length > 0;
}

async function inTime(promise: Promise<unknown>, ms_max: number): Promise<boolean> {
  const late = new AbortController();
  const timeout = pause(ms_max, late.signal).then(() => false);
  try {
    return await Promise.race([promise.then(() => true), timeout]);
  } finally {
    late.abort();
  }
}
