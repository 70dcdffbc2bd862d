import { parentPort } from "node:worker_threads";
import { parseJson } from "../../protocol/json.ts";
import { ENGINE } from "./engine.ts";
import { type RenderJob, runJob } from "./job.ts";

/** What a thread says of a job. */
export interface ThreadAnswer {
  /** As JSON, as numbers keep their digits in it. */
  answer: string;
  /** The engine gave out, and the thread is to go with it. */
  is_spent: boolean;
}

/** The program of a thread that renders one job after the other. */
parentPort?.on("message", (job: string) => {
  const answer = JSON.stringify(runJob(parseJson(job) as RenderJob, ENGINE), numbered);
  const said: ThreadAnswer = { answer, is_spent: ENGINE.given_up > 0 };
  parentPort?.postMessage(said);
});
parentPort?.postMessage("ready");

/** JSON has no word for the engine's longest whole numbers. */
function numbered(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
