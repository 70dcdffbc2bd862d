import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { ROOT } from "../support/scratch.ts";
import { mergeRecoveries, type Recoveries } from "./recovery.ts";

/** Rounds over one state of the code, in any number of runs. */
export interface Campaign {
  commit: string;
  rounds: { seed: string; faults: number; executions: number; violations: number }[];
  faults: Record<string, number>;
  recoveries: Recoveries;
}

/** How many times of each kind are kept, the worst among them: enough for a median. */
const TIMES_MAX = 2_000;

/** The campaign in a file if it is of the same code, else a new one. */
export function openCampaign(file: string | undefined): Campaign {
  const commit = commitOf();
  const fresh: Campaign = { commit, rounds: [], faults: {}, recoveries: {} };
  if (file === undefined || !existsSync(file)) return fresh;
  const kept = JSON.parse(readFileSync(file, "utf8")) as Campaign;
  return kept.commit === commit ? kept : fresh;
}

export function saveCampaign(file: string, campaign: Campaign): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(campaign, null, 1)}\n`);
  renameSync(`${file}.new`, file);
}

export function addRound(
  campaign: Campaign,
  round: { seed: string; executions: number; violations: number },
  faults: Record<string, number>,
  recoveries: Recoveries,
): void {
  const count = Object.values(faults).reduce((sum, hits) => sum + hits, 0);
  campaign.rounds.push({ ...round, faults: count });
  for (const [kind, hits] of Object.entries(faults))
    campaign.faults[kind] = (campaign.faults[kind] ?? 0) + hits;
  mergeRecoveries(campaign.recoveries, recoveries);
  for (const [kind, times] of Object.entries(campaign.recoveries)) campaign.recoveries[kind] = thinned(times);
}

export function faultsOf({ faults }: Campaign): number {
  return Object.values(faults).reduce((sum, hits) => sum + hits, 0);
}

function thinned(times: number[]): number[] {
  if (times.length <= TIMES_MAX) return times;
  const sorted = times.toSorted((a, b) => a - b);
  return Array.from({ length: TIMES_MAX }, (_, at) => {
    return sorted[Math.round((at * (sorted.length - 1)) / (TIMES_MAX - 1))] ?? 0;
  });
}

/** The running commit, with a mark if the code has uncommitted changes. */
function commitOf(): string {
  const git = (...args: string[]) => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();
  return git("rev-parse", "HEAD") + (git("status", "--porcelain") === "" ? "" : "+");
}
