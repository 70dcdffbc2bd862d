import { hasTemplate } from "../../protocol/model/template-names.ts";
import { type RenderAnswer, type RenderJob, runJob } from "./job.ts";
import { TemplateThreads } from "./threads.ts";

const threads = new TemplateThreads();

/** Renders a run's templates. Most runs have none and need no thread. Rejects if they take too much time or memory. */
export async function renderRun(job: RenderJob): Promise<RenderAnswer> {
  const isPlain = !hasTemplate(job.values) && !hasTemplate(job.pack.config);
  return isPlain ? runJob(job) : threads.render(job);
}
