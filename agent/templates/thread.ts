import { parentPort } from "node:worker_threads";
import { parseJson } from "../../protocol/base/json.ts";
import { writeExact } from "../../protocol/base/numbers.ts";
import { type RenderJob, runJob } from "./job.ts";

/** The program of a thread that renders one job after another. Jobs and answers are JSON text, in which numbers keep their digits. */
parentPort?.on("message", (job: string) => {
  parentPort?.postMessage(writeExact(runJob(parseJson(job, { exact: true }) as RenderJob)));
});
parentPort?.postMessage("ready");
