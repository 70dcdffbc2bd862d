// `npm run test:fuzz -- --target NAME --seed N --minutes M`: tries inputs of one parser, or of all, for a time.
import { parseArgs } from "node:util";
import type { Failure } from "./attempt.ts";
import { type Account, accountOf, keepAccount, keepFailed } from "./ledger.ts";
import { hashOf } from "./random.ts";
import type { Progress } from "./search.ts";
import { targetNames } from "./targets.ts";
import { watched } from "./watched.ts";

const USAGE = `Usage: npm run test:fuzz -- [options]

  --target NAME   the parser to try: one of those below, several with commas between, or "all"
  --seed N        what inputs are made by (1); each run of a target goes on with others
  --minutes M     how long each target is tried (1)
  --up-to M       how long all runs of a target together take, instead: a target that had as much is passed over

Without a target: what all runs so far came to.
`;

/** The interval in which a run is recorded. */
const KEEP_MS = 10_000;

const { values } = parseArgs({
  options: {
    target: { type: "string" },
    seed: { type: "string", default: "1" },
    minutes: { type: "string", default: "1" },
    "up-to": { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else if (values.target === undefined) process.stdout.write(`${USAGE}\n${table()}`);
else process.exitCode = (await runAll(wanted(values.target))) ? 0 : 1;

function wanted(named: string): string[] {
  const names = targetNames();
  const given = named === "all" ? names : named.split(",");
  const unknown = given.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new Error(`There is no target "${unknown}".`);
  return given;
}

async function runAll(names: readonly string[]): Promise<boolean> {
  let all_held = true;
  for (const name of names) {
    const left_s = secondsLeft(accountOf(name));
    if (left_s > 0 && !(await runOne(name, left_s))) all_held = false;
  }
  process.stdout.write(table());
  return all_held;
}

function secondsLeft({ seconds }: Account): number {
  const up_to = values["up-to"];
  return up_to === undefined ? 60 * Number(values.minutes) : 60 * Number(up_to) - seconds;
}

async function runOne(name: string, seconds: number): Promise<boolean> {
  const before = accountOf(name);
  const seed = hashOf(`${values.seed} ${name} ${before.runs}`);
  const began = Date.now();
  let failures = 0;
  let last: Progress = { inputs: 0, reached: before.reached, kept: before.kept };
  const keep = () =>
    keepAccount(name, {
      inputs: before.inputs + last.inputs,
      seconds: before.seconds + (Date.now() - began) / 1000,
      runs: before.runs + 1,
      failures: before.failures + failures,
      reached: last.reached,
      kept: last.kept,
    });
  process.stdout.write(`${name}: seed ${values.seed}, run ${before.runs + 1}, ${Math.ceil(seconds)} s\n`);
  let kept_at = began;
  await watched({
    name,
    seed,
    known: before.kept,
    until: began + seconds * 1000,
    onFailure: (input: string, { text }: Failure) => {
      failures++;
      process.stdout.write(`${name}: ${text}\n  corpus/${name}/${keepFailed(name, input)}\n`);
    },
    onProgress: (progress) => {
      last = progress;
      if (Date.now() - kept_at < KEEP_MS) return;
      kept_at = Date.now();
      keep();
    },
  });
  keep();
  return failures === 0;
}

function table(): string {
  const rows = targetNames().map((name) => ({ name, ...accountOf(name) }));
  const lines = rows.map(({ name, inputs, seconds, runs, reached, failures }) =>
    row(name, number(inputs), (seconds / 60).toFixed(1), String(runs), number(reached), String(failures)),
  );
  const inputs = rows.reduce((sum, one) => sum + one.inputs, 0);
  const minutes = rows.reduce((sum, one) => sum + one.seconds / 60, 0);
  const head = row("target", "inputs", "minutes", "runs", "code reached", "failures");
  return [head, ...lines, row("all", number(inputs), minutes.toFixed(1), "", "", "")].join("");
}

function row(name: string, ...cells: string[]): string {
  return `${name.padEnd(22)}${cells.map((cell) => cell.padStart(14)).join("")}\n`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}
