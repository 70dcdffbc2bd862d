import { parentPort } from "node:worker_threads";
import { parseJson } from "../../protocol/json.ts";
import { ENGINE } from "./engine.ts";
import { type RenderJob, runJob } from "./job.ts";

/** The program of a thread that renders one job after the other. Jobs and answers are JSON, as numbers keep their digits in it. */
parentPort?.on("message", (job: string) => {
  parentPort?.postMessage(JSON.stringify(runJob(parseJson(job) as RenderJob, ENGINE), numbered));
});
parentPort?.postMessage("ready");

/** JSON has no word for the engine's longest whole numbers. */
function numbered(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
