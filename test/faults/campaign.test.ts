import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { scratch } from "../support/world.ts";
import { addRound, faultsOf, openCampaign, saveCampaign } from "./campaign.ts";

describe("a campaign", () => {
  it("adds up over runs of one commit", () => {
    const file = join(scratch(), "campaign.json");
    const first = openCampaign(file);
    addRound(first, { seed: "1/1", executions: 3, violations: 0 }, { delay: 2, throttle: 1 }, { delay: [5] });
    saveCampaign(file, first);
    const second = openCampaign(file);
    addRound(second, { seed: "1/2", executions: 4, violations: 0 }, { delay: 4 }, { delay: [7] });
    expect(faultsOf(second)).toBe(7);
    expect(second.faults).toEqual({ delay: 6, throttle: 1 });
    expect(second.recoveries).toEqual({ delay: [5, 7] });
    expect(second.rounds.map(({ seed, faults }) => [seed, faults])).toEqual([
      ["1/1", 3],
      ["1/2", 4],
    ]);
  });

  it("starts again with another commit, as faults of other code prove nothing about this one", () => {
    const file = join(scratch(), "campaign.json");
    const old = openCampaign(file);
    addRound(old, { seed: "1/1", executions: 3, violations: 0 }, { delay: 2 }, {});
    saveCampaign(file, old);
    writeFileSync(file, readFileSync(file, "utf8").replace(old.commit, "another"));
    expect(faultsOf(openCampaign(file))).toBe(0);
  });
});
