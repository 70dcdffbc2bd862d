import { fsyncPolicies, pipeToFollower, spoolAlone } from "./measures/agent.ts";
import { cost, costScenarios } from "./measures/cost.ts";
import { fanout, latency } from "./measures/delivery.ts";
import { endedReads } from "./measures/ended.ts";
import { oneExecution, shortExecutions } from "./measures/executions.ts";
import { INDEX_LISTS, indexLists } from "./measures/index-lists.ts";
import { ingest } from "./measures/ingest.ts";
import { listing } from "./measures/listing.ts";
import { CROWD, CROWD_TENTH, many } from "./measures/many.ts";
import { masking } from "./measures/masking.ts";
import { memory } from "./measures/memory.ts";
import { relayed } from "./measures/relays.ts";
import { filled, replay } from "./measures/replay.ts";
import { atRest } from "./measures/rest.ts";
import { revocation } from "./measures/revocation.ts";
import { pipeToStorage } from "./measures/through.ts";
import { viewer } from "./measures/viewer.ts";
import { residentMB } from "./statistics.ts";
import type { System } from "./systems/system.ts";

/** One measurement, for every system that supports it. The values' names are their units. */
export interface Figure {
  name: string;
  needs_sockets?: boolean;
  /** Only Tailrace supports it. */
  own_only?: boolean;
  /** Peers do the same work: `--peers` measures it. */
  among_peers?: boolean;
  measure: (system: System) => Promise<Record<string, number>>;
}

/** The product's bound for a figure: at least a share of the minimal Worker's, or at least or at most a value. */
export interface Bar {
  row: string;
  at_least_of_minimal?: number;
  at_least?: number;
  at_most?: number;
}

export const BARS: Bar[] = [
  { row: "ingest, 50 lines a batch [k lines/s]", at_least_of_minimal: 0.7 },
  { row: "ingest, 1000 lines a batch [MB/s]", at_least_of_minimal: 0.7 },
  { row: "replay of 100,000 lines, sse [MB/s]", at_least_of_minimal: 0.7 },
  { row: "replay of 100,000 lines, websocket [MB/s]", at_least_of_minimal: 0.7 },
  { row: "fan-out to 100, websocket [M lines/s]", at_least_of_minimal: 0.7 },
  { row: "fan-out to 1000, websocket [M lines/s]", at_least_of_minimal: 0.7 },
  { row: "fan-out to 1000, sse [M lines/s]", at_least_of_minimal: 0.5 },
  { row: "pipe to follower [p50 ms]", at_most: 10 },
  { row: "agent spooling 1 GB with the server away [peak MB]", at_most: 120 },
  { row: "listing 100,000 by status and action [first page, p50 ms]", at_most: 50 },
  { row: "listing 100,000 by status and action [middle page, p50 ms]", at_most: 50 },
  { row: "listing 100,000 by status and action [last page, p50 ms]", at_most: 50 },
  { row: "ten thousand secrets, a log's text [times the time of none]", at_most: 2 },
  { row: "agent, from pipe to storage [of the same posts on the bare object]", at_least: 0.9 },
  { row: "agent, from pipe to storage [CPU s per GB]", at_most: 5 },
  { row: "agent, from pipe to storage [peak MB]", at_most: 110 },
  { row: "short executions at once [executions/s]", at_least: 100 },
  { row: "short executions at once [agent, CPU s per 1,000]", at_most: 5 },
  { row: "short executions at once [engine, CPU s per 1,000]", at_most: 8 },
  { row: "an execution alone [first byte, p50 ms]", at_most: 12 },
  { row: "an execution alone [end, p50 ms]", at_most: 25 },
  ...INDEX_LISTS.map((name) => ({ row: `index [${name}, p50 ms]`, at_most: 30 })),
  { row: "revocation of a key with 10 open streams [slowest, ms]", at_most: 1_000 },
  { row: "healthz in a crowd [while it comes, p50, times a bare Worker's]", at_most: 5 },
  { row: "healthz in a crowd [while it comes, p99, times a bare Worker's]", at_most: 5 },
  ...["engine", "server", "agent"].flatMap((name) => [
    { row: `memory after executions and a rest [${name}, times its MB after the warm-up]`, at_most: 1.2 },
    { row: `memory after executions and a rest [${name}, descriptors more]`, at_most: 0 },
  ]),
  { row: "server at rest [ready, ms]", at_most: 1_500 },
  { row: "server at rest [without agent, MB]", at_most: 200 },
  { row: "viewer [page, gzip kB]", at_most: 70 },
  { row: "viewer [last lines of a million painted, p50 ms]", at_most: 250 },
  { row: "viewer [elements]", at_most: 3_000 },
  { row: "viewer [1,000,000 matches counted, s]", at_most: 10 },
  { row: "viewer [1,000 matches counted, s]", at_most: 2 },
  { row: "viewer [longest task at 5,000 lines/s, ms]", at_most: 50 },
  { row: "viewer [longest task at a million lines, ms]", at_most: 100 },
];

/** The figures of all systems. `quick` measures for a shorter time. */
export function figuresOf(quick: boolean): Figure[] {
  const measure_ms = quick ? 1_000 : 3_000;
  const batches = quick ? 40 : 80;
  const ways = ["sse", "websocket"] as const;
  return [
    ...[1, 50, 1000].map((lines) => ({
      name: `ingest, ${lines} ${lines === 1 ? "line" : "lines"} a batch`,
      among_peers: true,
      measure: async (system: System) => inUnits(await ingest(system, lines, measure_ms)),
    })),
    {
      name: "ingest, 1000 lines a batch in few chunks",
      measure: async (system) => inUnits(await ingest(system, 1000, measure_ms, true)),
    },
    ...ways.flatMap((how) =>
      [1, 100, 1000].map((followers) => ({
        name: `latency to ${followers}, ${how}`,
        needs_sockets: how === "websocket",
        among_peers: followers > 1,
        measure: async (system: System) => {
          const { p50, p99 } = await latency(system, how, followers, measure_ms);
          return { "p50 ms": p50, "p99 ms": p99 };
        },
      })),
    ),
    ...ways.map((how) => ({
      name: `fan-out of single lines to 100, ${how}`,
      needs_sockets: how === "websocket",
      among_peers: true,
      measure: async (system: System) => ({
        "k lines/s": (await fanout(system, how, 100, batches * 5, 1)) / 1e3,
      }),
    })),
    ...ways.flatMap((how) =>
      [100, 1000].map((followers) => ({
        name: `fan-out to ${followers}, ${how}`,
        needs_sockets: how === "websocket",
        among_peers: true,
        measure: async (system: System) => ({
          "M lines/s": (await fanout(system, how, followers, batches, 50)) / 1e6,
        }),
      })),
    ),
    ...(["sse", "websocket", "text"] as const).map((how) => ({
      name: `replay of 100,000 lines, ${how}`,
      needs_sockets: how === "websocket",
      own_only: how === "text",
      among_peers: how !== "text",
      measure: async (system: System) => {
        const stream = await filled(system);
        const mb_s = await replay(stream, how);
        await stream.close();
        return { "MB/s": mb_s };
      },
    })),
  ];
}

/** The memory of each server after these figures. */
export function memoryFigures(): Figure[] {
  return [{ name: "server memory after the round", measure: async ({ pid }) => ({ MB: residentMB(pid) }) }];
}

/** Figures of Tailrace alone: the whole path from process to follower, and lists. */
export function ownFigures(
  quick: boolean,
  { executions, followers }: { executions: number; followers: number },
): { name: string; measure: () => Promise<Record<string, number>> }[] {
  return [
    {
      name: "pipe to follower",
      measure: async () => {
        const { p50, p99 } = await pipeToFollower(quick ? 2_000 : 5_000);
        return { "p50 ms": p50, "p99 ms": p99 };
      },
    },
    ...Object.entries(costScenarios(quick)).map(([name, scenario]) => ({
      name,
      measure: () => cost(scenario),
    })),
    {
      name: "agent spooling 1 GB with the server away",
      measure: async () => {
        const { peak_mb, mb_s } = await spoolAlone();
        return { "peak MB": peak_mb, "MB/s": mb_s };
      },
    },
    { name: "server at rest", measure: atRest },
    { name: "agent spooling by fsync", measure: fsyncPolicies },
    {
      name: "agent, from pipe to storage",
      measure: () => pipeToStorage(quick ? 100_000_000 : 300_000_000),
    },
    { name: "index", measure: () => indexLists(executions) },
    { name: "ended output", measure: () => endedReads(quick ? 2_000 : 5_000) },
    { name: "short executions at once", measure: () => shortExecutions(quick ? 3 : 10) },
    { name: "an execution alone", measure: () => oneExecution(quick ? 60 : 200) },
    {
      name: "listing 100,000 by status and action",
      measure: async () => {
        const { first_ms, middle_ms, last_ms, top_level_ms } = await listing();
        return {
          "first page, p50 ms": first_ms,
          "middle page, p50 ms": middle_ms,
          "last page, p50 ms": last_ms,
          "without children, p50 ms": top_level_ms,
        };
      },
    },
    {
      name: "revocation of a key with 10 open streams",
      measure: async () => {
        const { p50_ms, max_ms } = await revocation();
        return { "p50 ms": p50_ms, "slowest, ms": max_ms };
      },
    },
    {
      name: "healthz in a crowd",
      measure: async () => {
        const { own, minimal } = await many(quick ? CROWD_TENTH : CROWD);
        return {
          "while it comes, p50 ms": own.coming.p50_ms,
          "while it comes, p99 ms": own.coming.p99_ms,
          "while it comes, p50, times a bare Worker's": own.coming.p50_ms / minimal.coming.p50_ms,
          "while it comes, p99, times a bare Worker's": own.coming.p99_ms / minimal.coming.p99_ms,
          "once it is there, p50, times a bare Worker's": own.there.p50_ms / minimal.there.p50_ms,
          "once it is there, p99, times a bare Worker's": own.there.p99_ms / minimal.there.p99_ms,
        };
      },
    },
    {
      name: `relays, ${followers} followers of one execution`,
      measure: async () => {
        const { connect_s, p50_ms, p99_ms, lines_s, engine_mb } = await relayed(followers);
        return {
          "connecting, s": connect_s,
          "p50 ms": p50_ms,
          "p99 ms": p99_ms,
          "M lines/s": lines_s / 1e6,
          "engine, MB": engine_mb,
        };
      },
    },
    {
      name: "memory after executions and a rest",
      measure: () => (quick ? memory(600, 1_800) : memory(1_000, 5_000)),
    },
    { name: "viewer", measure: () => viewer(quick) },
    ...(["a log's text", "beginnings of secrets"] as const).map((text) => ({
      name: `ten thousand secrets, ${text}`,
      measure: async () => {
        const { none_mb_s, masked_mb_s } = await masking(text);
        return {
          "MB/s with none": none_mb_s,
          "MB/s": masked_mb_s,
          "times the time of none": none_mb_s / masked_mb_s,
        };
      },
    })),
  ];
}

function inUnits(lines_s: number): Record<string, number> {
  return { "k lines/s": lines_s / 1000, "MB/s": (lines_s * 100) / 1e6 };
}
