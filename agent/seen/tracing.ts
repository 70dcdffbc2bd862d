import { failureText } from "../../protocol/base/failure-text.ts";
import { tracingTarget } from "../../protocol/settings/tracing.ts";
import type { Tracing } from "../../protocol/tracing/tracing.ts";
import type { Log } from "../base/log.ts";

/** The agent's tracing; undefined if it is off, as it is without a collector. Only then the library is loaded. */
export async function openTracing(env: NodeJS.ProcessEnv, log: Log): Promise<Tracing | undefined> {
  const target = tracingTarget(env);
  if (target.kind === "mistake") log.warn(target.text);
  if (target.kind !== "on") return undefined;
  try {
    const { openExporting } = await import("./exporting.ts");
    return openExporting(env, target.url, log);
  } catch (error) {
    log.warn(`Nothing is traced: ${failureText(error)}`);
    return undefined;
  }
}
