import { describe, expect, it } from "vitest";
import type { Seen } from "./facts.ts";
import type { Hit } from "./hits.ts";
import { recoveriesOf, recoveryTable } from "./recovery.ts";

const HIT: Hit = {
  fault: { number: 1, at_ms: 0, kind: "connections cut", target: "agent-1", parameters: {} },
  from_ms: 1_000,
  to_ms: 1_000,
};

/** A reader with chunks that were written and arrived at these times. */
function reading(agent: string, times: [written_ms: number, at_ms: number][]) {
  const chunks = times.map(([, at_ms], at) => ({ seq: at + 1, first_seq: at + 1, sum: "", at_ms }));
  const seen = { chunks } as Seen;
  return { agent, reader: "reader-1", seen, written_ms: new Map(times.map(([ms], at) => [at + 1, ms])) };
}

describe("the time of recovery", () => {
  it("is from the fault to the first output that was written after it, not to output that was on its way", () => {
    const times: [number, number][] = [
      [500, 510],
      [990, 1_200],
      [1_100, 2_500],
      [2_600, 2_700],
    ];
    expect(recoveriesOf([HIT], [reading("agent-1", times)])).toEqual({ "connections cut": [1_500] });
  });

  it("counts only reading readers that the fault affected", () => {
    const later: [number, number][] = [[1_100, 1_200]];
    const before: [number, number][] = [[500, 510]];
    const other = reading("agent-2", [...before, ...later]);
    expect(recoveriesOf([HIT], [other, reading("agent-1", later), reading("agent-1", before)])).toEqual({});
  });

  it("is reported by kind, with its median and its worst", () => {
    expect(
      recoveryTable({ delay: [5, 100, 20] })
        .split("\n")
        .at(-1),
    ).toBe("| delay | 3 | 20 ms | 100 ms |");
  });
});
