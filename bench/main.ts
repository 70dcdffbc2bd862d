import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { BARS, type Figure, figuresOf, memoryFigures, ownFigures } from "./figures.ts";
import { printReport, type Report } from "./report.ts";
import { minimalWorker, plainNode } from "./systems/references.ts";
import type { System } from "./systems/system.ts";
import { tailrace } from "./systems/tailrace.ts";

const USAGE = `Usage: npm run bench -- [options]

  --rounds N      rounds; each measures the systems one after another (3)
  --quick         one round, shorter
  --only TEXT     only figures whose name contains one of these, comma separated
  --executions N  executions in the figure "index" (100000)
  --json FILE     also write the figures to a file
`;

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    executions: { type: "string", default: "100000" },
    json: { type: "string" },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) process.stdout.write(USAGE);
else await main();

async function main(): Promise<void> {
  const wanted = values.only.split(",").filter((text) => text !== "");
  const is_wanted = ({ name }: Figure) => wanted.length === 0 || wanted.some((text) => name.includes(text));
  const rounds = values.quick ? 1 : Number(values.rounds);
  const report: Report = { rounds, machine: machine(), values: {} };
  for (let round = 1; round <= rounds; round++) {
    // All systems run at the same time, and only the measured one has load, so that all have the same conditions.
    const systems: System[] = [await tailrace(), await minimalWorker(), await plainNode()];
    for (const figure of [...figuresOf(values.quick), ...memoryFigures()].filter(is_wanted)) {
      for (const system of systems) {
        if (figure.needs_sockets && !system.has_sockets) continue;
        if (figure.own_only && system.name !== "tailrace") continue;
        process.stderr.write(`round ${round}: ${figure.name}, ${system.name} …\x1b[K\r`);
        keep(report, figure.name, system.name, await figure.measure(system));
      }
    }
    for (const system of systems) await system.stop();
    for (const figure of ownFigures(values.quick, Number(values.executions)).filter(is_wanted)) {
      process.stderr.write(`round ${round}: ${figure.name} …\x1b[K\r`);
      keep(report, figure.name, "tailrace", await figure.measure());
    }
  }
  process.stderr.write("\x1b[K");
  printReport(report, BARS);
  if (values.json) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  process.exit(0);
}

function keep({ values }: Report, figure: string, system: string, measured: Record<string, number>): void {
  for (const [unit, value] of Object.entries(measured)) {
    const row = `${figure} [${unit}]`;
    values[row] ??= {};
    values[row][system] ??= [];
    values[row][system].push(value);
  }
}

function machine(): string {
  return `${cpus().length} cores, Node ${process.versions.node}`;
}
