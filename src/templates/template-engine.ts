import { DurableObject } from "cloudflare:workers";
import { parseJson } from "../../protocol/base/json.ts";
import { type Keys, Renderer } from "../../protocol/templates/renderer.ts";
import type { RenderAnswer, RenderJob } from "../objects/templates.ts";
import { runJob } from "./job.ts";

/**
 * Renders the templates of one chain, so that a costly one does not hold up the chain's own object, which answers its
 * readers. It stores nothing. A job is passed as JSON, so that numbers keep their digits.
 */
export class TemplateEngine extends DurableObject<Env> {
  async render(job: string, keys: Keys): Promise<RenderAnswer> {
    return runJob(parseJson(job, { exact: true }) as RenderJob, new Renderer(keys));
  }
}
