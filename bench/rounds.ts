import { Calm } from "./calm.ts";
import { type Figure, figuresOf, memoryFigures, ownFigures } from "./figures.ts";
import { made } from "./machine.ts";
import type { Options } from "./options.ts";
import { Progress } from "./progress.ts";
import type { Report } from "./report.ts";
import { findPeers } from "./systems/peers.ts";
import { minimalWorker, plainNode } from "./systems/references.ts";
import type { Peer, System } from "./systems/system.ts";
import { tailrace } from "./systems/tailrace.ts";

/** What a figure's measurement is called with, and whose it is. */
interface Measurement {
  figure: string;
  system: string;
  measure: () => Promise<Record<string, number>>;
}

/**
 * Measures all figures in rounds. In a round, the systems take turns at each figure: what changes on the machine over minutes
 * changes for all of them. `onSample` gets the report as far as it is.
 */
export async function measureRounds(options: Options, onSample: (report: Report) => void): Promise<Report> {
  const { peers, missing } = options.peers ? findPeers() : { peers: [], missing: [] };
  const report: Report = {
    made: made(peers),
    rounds: options.rounds,
    is_quick: options.quick,
    values: {},
    missing,
    retakes: 0,
    contaminated: [],
    dropped: [],
  };
  const calm = new Calm(options.noisy);
  const progress = new Progress(options.rounds);
  for (let round = 1; round <= options.rounds; round++) {
    const systems = await startAll(peers);
    const shared = sharedFigures(options).flatMap((figure) => turns(figure, systems));
    progress.begin(round, shared.length + ownOf(options).length);
    for (const measurement of shared) {
      await take(report, round, calm, progress, measurement);
      onSample(report);
    }
    for (const system of systems) await system.stop();
    for (const measurement of ownOf(options)) {
      await take(report, round, calm, progress, measurement);
      onSample(report);
    }
  }
  progress.end();
  return report;
}

/** All systems run at the same time, and only the measured one has load, so that all have the same conditions. */
async function startAll(peers: Peer[]): Promise<System[]> {
  const systems = [await tailrace(), await minimalWorker(), await plainNode()];
  for (const peer of peers) systems.push(await peer.start());
  return systems;
}

function sharedFigures({ quick, peers, only }: Options): Figure[] {
  const figures = peers
    ? figuresOf(quick).filter(({ among_peers }) => among_peers)
    : [...figuresOf(quick), ...memoryFigures()];
  return figures.filter(({ name }) => isWanted(name, only));
}

function ownOf({ quick, peers, only, ...counts }: Options): Measurement[] {
  if (peers) return [];
  const figures = ownFigures(quick, counts).filter(({ name }) => isWanted(name, only));
  return figures.map(({ name, measure }) => ({ figure: name, system: "tailrace", measure }));
}

function isWanted(name: string, only: string[]): boolean {
  return only.length === 0 || only.some((text) => name.includes(text));
}

function turns({ name, needs_sockets, own_only, measure }: Figure, systems: System[]): Measurement[] {
  return systems
    .filter((system) => !(needs_sockets && !system.has_sockets))
    .filter((system) => !(own_only && system.name !== "tailrace"))
    .map((system) => ({ figure: name, system: system.name, measure: () => measure(system) }));
}

/** Takes one sample. A failure drops it and is reported: another system's figures stay worth having. */
async function take(
  report: Report,
  round: number,
  calm: Calm,
  progress: Progress,
  { figure, system, measure }: Measurement,
): Promise<void> {
  progress.next(`${figure}, ${system}`);
  try {
    const { value, retakes, is_clean } = await calm.take(measure);
    report.retakes += retakes;
    if (!is_clean) report.contaminated.push({ figure, system, round });
    keep(report, figure, system, value);
  } catch (error) {
    report.dropped.push({
      figure,
      system,
      round,
      why: error instanceof Error ? error.message : String(error),
    });
  }
}

function keep({ values }: Report, figure: string, system: string, measured: Record<string, number>): void {
  for (const [unit, value] of Object.entries(measured)) {
    const row = `${figure} [${unit}]`;
    values[row] ??= {};
    values[row][system] ??= [];
    values[row][system].push(value);
  }
}
