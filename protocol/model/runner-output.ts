import type { RunnerName, RunnerType } from "./action.ts";

/** The key of an action's return value in a result, for runners that return more than text. */
const OUTPUT_KEYS: Partial<Record<RunnerName, string>> = {
  "python-script": "result",
  "action-chain": "published",
  "http-request": "body",
};

/** The key of the value that an action's `output_schema` describes. */
export function outputKey(name: RunnerName): string {
  return OUTPUT_KEYS[name] ?? "stdout";
}

/** The schema of the runner's result; for a remote runner, of each host's. */
export function outputSchema(name: RunnerName): RunnerType["output_schema"] {
  if (name === "python-script") {
    const properties = {
      result: {},
      stdout: { type: "string" },
      stderr: { type: "string" },
      exit_code: { type: "integer" },
    };
    return { type: "object", properties };
  }
  if (name === "http-request") {
    const properties = {
      status_code: { type: "integer" },
      body: {},
      parsed: { type: "boolean" },
      headers: { type: "object" },
    };
    return { type: "object", properties };
  }
  if (!name.startsWith("local-")) return {};
  const outcome = { succeeded: { type: "boolean" }, failed: { type: "boolean" } };
  // JSON on stdout is parsed in the result.
  const properties = { ...outcome, return_code: { type: "integer" }, stdout: {}, stderr: {} };
  return { type: "object", properties };
}
