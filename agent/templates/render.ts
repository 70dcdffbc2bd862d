import { hasTemplate } from "../../protocol/model/parameters.ts";
import { EngineSource } from "../../protocol/templates/instance.ts";
import { type RenderAnswer, type RenderJob, runJob } from "./job.ts";
import { TemplateThreads } from "./threads.ts";

const threads = new TemplateThreads();

const NO_ENGINE = new EngineSource(() => {
  throw new Error("there is no template to render");
});

/** Renders a run's templates. Most runs have none and need no thread. Rejects if they take too much time or memory. */
export async function renderRun(job: RenderJob): Promise<RenderAnswer> {
  const isPlain = !hasTemplate(job.values) && !hasTemplate(job.pack.config);
  return isPlain ? runJob(job, NO_ENGINE) : threads.render(job);
}
