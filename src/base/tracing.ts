import { tracingTarget } from "../../protocol/settings/tracing.ts";
import type { Tracing } from "../../protocol/tracing/tracing.ts";

/** How long the spans of a request or an end may take to reach the collector. */
export const FLUSH_MS_MAX = 15_000;

/** Mistakes in the settings that this isolate has logged. */
const told = new Set<string>();

/**
 * The tracing of one request, or of one end of an execution; undefined if it is off, as it is without a collector. Each has its own,
 * because requests of one isolate must not wait for each other's network. The library is loaded only if tracing is on.
 */
export function openTracing(env: Env): Promise<Tracing> | undefined {
  const target = tracingTarget(env);
  if (target.kind === "mistake" && !told.has(target.text)) {
    told.add(target.text);
    console.error(target.text);
  }
  if (target.kind !== "on") return undefined;
  return import("./exporting.ts").then(({ openExporting }) => openExporting(env, target.url));
}
