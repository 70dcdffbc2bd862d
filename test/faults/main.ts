// `npm run test:faults`: faults at random, by seed, over real servers and agents, and a check that nothing was lost.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { runCampaign } from "./run.ts";

const USAGE = `Usage: npm run test:faults -- [options]

  --seed N          the seed: the same one injects the same faults (1)
  --minutes M       how long, in whole rounds (10)
  --faults N        or until so many faults have hit
  --executions K    executions at the same time (10)
  --rate N          faults a second (8)
  --seconds N       how long faults are injected into one world (60)
  --only WORD,…     only faults whose name has one of these words
  --round N         only this round of the seed
  --numbers N,…     only these faults of it
  --resume FILE     adds to what earlier runs of the same commit have proved
  --report FILE     writes the table of recovery times, as Markdown
  --folder DIR      where failed rounds are kept
  --go-on           goes on behind a round with a violation
  --no-shrink       does not look for the fewest faults that still fail
`;

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "10" },
    faults: { type: "string" },
    executions: { type: "string", default: "10" },
    rate: { type: "string", default: "8" },
    seconds: { type: "string", default: "60" },
    only: { type: "string", default: "" },
    round: { type: "string" },
    numbers: { type: "string", default: "" },
    resume: { type: "string" },
    report: { type: "string" },
    folder: { type: "string" },
    "go-on": { type: "boolean", default: false },
    "no-shrink": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});

// Listeners of the exit release the rounds' resources.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

if (values.help) process.stdout.write(USAGE);
else {
  const violations = await runCampaign({
    seed: values.seed,
    minutes: Number(values.minutes),
    faults_max: values.faults === undefined ? Number.POSITIVE_INFINITY : Number(values.faults),
    executions_at_once: Number(values.executions),
    faults_per_second: Number(values.rate),
    round_ms: Number(values.seconds) * 1000,
    only: words(values.only),
    round: values.round === undefined ? undefined : Number(values.round),
    numbers: words(values.numbers).map(Number),
    campaign_file: values.resume,
    report_file: values.report,
    folder: values.folder ? resolve(values.folder) : mkdtempSync(join(tmpdir(), "tailrace-faults-")),
    goes_on: values["go-on"],
    shrinks: !values["no-shrink"],
    onLine: (line) => process.stdout.write(`${line}\n`),
  });
  process.exit(violations > 0 ? 1 : 0);
}

function words(list: string): string[] {
  return list.split(",").filter((word) => word !== "");
}
