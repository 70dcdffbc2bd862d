/** The Worker's objects, and its index alone: it answers batches of statements (`answersOf`). */
import { answersOf, type Call } from "./index-answers.ts";

export {
  Credential,
  EventHub,
  Execution,
  Relay,
  RunnerPool,
  TemplateEngine,
} from "../../src/worker.ts";

export default {
  fetch: async (request, { INDEX }) => Response.json(await answersOf(INDEX, await request.json<Call[][]>())),
} satisfies ExportedHandler<Env>;
