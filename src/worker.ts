import { app } from "./app.ts";

export { Credential } from "./credential/credential.ts";
export { Execution } from "./execution/execution.ts";
export { EventHub } from "./hub/hub.ts";
export { RunnerPool } from "./pool/pool.ts";
export { Relay } from "./relay/relay.ts";
export { TemplateEngine } from "./templates/template-engine.ts";

export default { fetch: app.fetch } satisfies ExportedHandler<Env>;
