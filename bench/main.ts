import { writeFileSync } from "node:fs";
import { BARS } from "./figures.ts";
import { readOptions } from "./options.ts";
import { publish } from "./publish.ts";
import { printReport } from "./report.ts";
import { measureRounds } from "./rounds.ts";

const options = readOptions();
const report = await measureRounds(options, (report) => {
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
});
printReport(report, BARS);
if (options.publish) publish(report);
process.exit(0);
