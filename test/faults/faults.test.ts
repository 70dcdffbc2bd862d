import { expect, it } from "vitest";
import { scratch } from "../support/world.ts";
import { runCampaign } from "./run.ts";

/** How long faults are injected, and how long the whole test may take on a busy machine. */
const FAULTS_MS = 60_000;
const TEST_MS_MAX = 420_000;

it(
  "loses nothing, doubles nothing and leaves nothing hanging under a minute of random faults",
  async () => {
    const said: string[] = [];
    const violations = await runCampaign({
      seed: "npm-test",
      minutes: 0,
      faults_max: Number.POSITIVE_INFINITY,
      round_ms: FAULTS_MS,
      executions_at_once: 6,
      faults_per_second: 4,
      only: [],
      round: 1,
      numbers: [],
      campaign_file: undefined,
      report_file: undefined,
      folder: scratch(),
      goes_on: false,
      shrinks: false,
      onLine: (line) => said.push(line),
    });
    expect(violations, said.join("\n")).toBe(0);
  },
  TEST_MS_MAX,
);
