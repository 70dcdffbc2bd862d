/** What the engine needs to know of the Worker. */
export interface WorkerConfig {
  name: string;
  compatibility_date: string;
  compatibility_flags: readonly string[];
  objects: readonly { binding: string; class_name: string }[];
  /** The binding of the D1 database. */
  index: string;
  /** The binding of the page's folder: the Worker alone serves the page. */
  assets: string;
}

/**
 * The Worker as the local server runs it. It does not read wrangler.toml: that file is for deploying, and an account's name, routes
 * and ids change nothing here. A test compares the two. The name is part of each object's place in the store.
 */
export const WORKER: WorkerConfig = {
  name: "tailrace",
  compatibility_date: "2026-11-01",
  // The date brings `nodejs_compat`, and the engine refuses a flag that says nothing.
  compatibility_flags: ["enable_request_signal"],
  objects: [
    { binding: "EXECUTION", class_name: "Execution" },
    { binding: "RUNNER_POOL", class_name: "RunnerPool" },
    { binding: "EVENT_HUB", class_name: "EventHub" },
    { binding: "CREDENTIAL", class_name: "Credential" },
    { binding: "TEMPLATE_ENGINE", class_name: "TemplateEngine" },
    { binding: "RELAY", class_name: "Relay" },
  ],
  index: "INDEX",
  assets: "ASSETS",
};
