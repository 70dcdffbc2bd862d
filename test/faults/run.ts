import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { addRound, type Campaign, faultsOf, openCampaign, saveCampaign } from "./campaign.ts";
import type { Fault } from "./fault.ts";
import { kindsOf } from "./faults/kinds.ts";
import { countByKind } from "./hits.ts";
import { planFaults } from "./plan.ts";
import { Random } from "./random.ts";
import { recoveryTable } from "./recovery.ts";
import { dropRound, type RoundOutcome, runRound } from "./round.ts";
import { shrink } from "./shrink.ts";
import { World } from "./world/world.ts";

/** The most executions of one round: each keeps a reader's record in memory until it is judged. */
const EXECUTIONS_MAX = 400;

/** How often a round is repeated to find the fewest faults that still fail. */
const SHRINK_TRIES_MAX = 12;

/** Lines of a timeline that are printed with a violation; all of it is kept. */
const TIMELINE_LINES_MAX = 80;

export interface RunOptions {
  seed: string;
  minutes: number;
  faults_max: number;
  executions_at_once: number;
  faults_per_second: number;
  only: readonly string[];
  round: number | undefined;
  numbers: readonly number[];
  campaign_file: string | undefined;
  report_file: string | undefined;
  folder: string;
  goes_on: boolean;
  shrinks: boolean;
  onLine: (line: string) => void;
  /** How long faults are injected into one world. */
  round_ms: number;
}

/** Runs round after round. Returns the number of violations. */
export async function runCampaign(options: RunOptions): Promise<number> {
  const { seed, onLine, campaign_file, report_file } = options;
  const deadline = performance.now() + options.minutes * 60_000;
  const campaign = openCampaign(campaign_file);
  if (userInfo().uid !== 0) onLine("Not root: disks that are full are left out.");
  let violations = 0;
  let number = options.round ?? nextRound(campaign, seed);
  do {
    const round_seed = `${seed}/${number}`;
    const outcome = await runOne(options, round_seed);
    violations += outcome.violations.length;
    addRound(
      campaign,
      { seed: round_seed, executions: outcome.executions, violations: outcome.violations.length },
      countByKind(outcome.hits),
      outcome.recoveries,
    );
    if (campaign_file) saveCampaign(campaign_file, campaign);
    onLine(
      `round ${round_seed}: ${outcome.hits.length} of ${outcome.injected} faults have hit, ${outcome.executions} executions, ${outcome.violations.length} violations; ${faultsOf(campaign)} faults in all`,
    );
    if (violations > 0 && !options.goes_on) break;
    number++;
  } while (
    options.round === undefined &&
    performance.now() < deadline &&
    faultsOf(campaign) < options.faults_max
  );
  const table = recoveryTable(campaign.recoveries);
  onLine(`\n${faultTable(campaign)}\n\n${table}`);
  if (report_file) writeFileSync(report_file, `${table}\n`);
  return violations;
}

/** Runs one round. A violation is reported with everything that helps to understand it. */
async function runOne(options: RunOptions, seed: string): Promise<RoundOutcome> {
  const { onLine, folder, numbers } = options;
  const planned = planOf(options, seed);
  const faults = numbers.length === 0 ? planned : planned.filter(({ number }) => numbers.includes(number));
  const kept = join(folder, seed.replaceAll("/", "-"));
  const outcome = await runRound(roundOptions(options, seed, faults, kept));
  if (outcome.violations.length === 0) {
    dropRound(kept);
    return outcome;
  }
  tell(outcome, seed, kept, onLine);
  if (options.shrinks) await tellShrunk(options, seed, faults, outcome);
  return outcome;
}

function planOf(options: RunOptions, seed: string): Fault[] {
  return planFaults({
    random: new Random(seed).fork("plan"),
    kinds: kindsOf(options.only, userInfo().uid === 0),
    targets: World.targets,
    faults_per_second: options.faults_per_second,
    duration_ms: options.round_ms,
  });
}

function roundOptions(options: RunOptions, seed: string, faults: readonly Fault[], folder: string) {
  const { executions_at_once } = options;
  const is_root = userInfo().uid === 0;
  return { seed, faults, folder, executions_at_once, executions_max: EXECUTIONS_MAX, is_root };
}

function tell(outcome: RoundOutcome, seed: string, folder: string, onLine: (line: string) => void): void {
  onLine(`\nVIOLATION in round ${seed}; all that is known is in ${folder}`);
  for (const { execution, rule, text } of outcome.violations) {
    onLine(`  ${rule}${execution === undefined ? "" : ` (${execution})`}: ${text}`);
  }
  const about = outcome.violations.find(({ execution }) => execution !== undefined)?.execution;
  const lines = outcome.timeline.lines(about);
  for (const line of lines.slice(0, TIMELINE_LINES_MAX)) onLine(line);
  if (lines.length > TIMELINE_LINES_MAX) onLine(`  … and ${lines.length - TIMELINE_LINES_MAX} lines more`);
}

/** Repeats the round with ever fewer faults, while the same rule is broken. */
async function tellShrunk(
  options: RunOptions,
  seed: string,
  faults: readonly Fault[],
  { violations }: RoundOutcome,
): Promise<void> {
  const rules = new Set(violations.map(({ rule }) => rule));
  let tries = 0;
  const { fewest, reproduced } = await shrink(faults, SHRINK_TRIES_MAX, async (fewer) => {
    const folder = join(options.folder, `${seed.replaceAll("/", "-")}-try-${++tries}`);
    const again = await runRound(roundOptions(options, seed, fewer, folder));
    const fails = again.violations.some(({ rule }) => rules.has(rule));
    options.onLine(`  try ${tries}: ${fewer.length} faults, ${fails ? "fails still" : "holds"}`);
    dropRound(folder);
    return fails;
  });
  if (!reproduced) options.onLine("It did not happen again with the same faults: it hangs on the moment.");
  else {
    const numbers = fewest.map(({ number }) => number).join(",");
    const [base, round] = seed.split("/");
    options.onLine(
      `Fewest faults that still fail: npm run test:faults -- --seed ${base} --round ${round} --numbers ${numbers}`,
    );
  }
}

function nextRound({ rounds }: Campaign, seed: string): number {
  return 1 + rounds.filter((round) => round.seed.startsWith(`${seed}/`)).length;
}

function faultTable(campaign: Campaign): string {
  const rows = Object.entries(campaign.faults)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, count]) => `| ${kind} | ${count} |`);
  return ["| fault | times |", "| --- | ---: |", ...rows, `| all | ${faultsOf(campaign)} |`].join("\n");
}
