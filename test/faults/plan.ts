import type { Aim, Fault, FaultKind } from "./fault.ts";
import type { Random } from "./random.ts";

/** The possible targets of faults, by aim. */
export type Targets = Record<Aim, readonly string[]>;

export interface PlanOptions {
  random: Random;
  kinds: readonly FaultKind[];
  targets: Targets;
  faults_per_second: number;
  duration_ms: number;
}

/** The faults of a round, in the order of their time. The same for the same seed. */
export function planFaults({ random, kinds, targets, faults_per_second, duration_ms }: PlanOptions): Fault[] {
  const count = Math.round((faults_per_second * duration_ms) / 1000);
  const times = Array.from({ length: count }, () => random.integer(0, duration_ms)).sort((a, b) => a - b);
  const drawn = kinds.map((kind) => [kind, kind.weight] as const);
  return times.map((at_ms, at) => {
    const kind = random.weighted(drawn);
    return {
      number: at + 1,
      at_ms,
      kind: kind.name,
      target: random.pick(targets[kind.aim]),
      parameters: kind.draw(random),
    };
  });
}

/** A fault in one line. */
export function faultText({ number, kind, target, parameters }: Fault): string {
  const told = Object.entries(parameters).map(([name, value]) => ` ${name}=${value}`);
  return `#${number} ${kind}: ${target}${told.join("")}`;
}
