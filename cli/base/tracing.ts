import type { Span } from "@opentelemetry/api";
import { isTraceparent } from "../../protocol/base/traceparent.ts";
import { tracingTarget } from "../../protocol/settings/tracing.ts";
import type { Tracing } from "../../protocol/tracing/tracing.ts";

/** How long a command waits at its end for the collector to take its span. */
const FLUSH_MS_MAX = 500;

/** The span of this process's command. */
let open: { tracing: Tracing; span: Span } | undefined;

/** Begins the span of a command, below `TRACEPARENT` if that is set. The library is loaded only if there is a collector. */
export async function beginTrace(
  name: string,
  attributes: Record<string, string>,
  say: (text: string) => void,
): Promise<void> {
  const { env } = process;
  const target = tracingTarget(env);
  if (target.kind === "mistake") say(target.text);
  if (target.kind !== "on") return;
  const { openExporting } = await import("./exporting.ts");
  const tracing = openExporting(env, target.url, (text) => say(`Warning: ${text}.`));
  const parent = isTraceparent(env.TRACEPARENT) ? env.TRACEPARENT : undefined;
  open = { tracing, span: tracing.begin(name, { parent, attributes }) };
}

/** The `traceparent` of this command's requests: its own span, or the one in which another program has started it. */
export function traceparent(): string | undefined {
  if (open) return open.tracing.traceparent(open.span);
  const { TRACEPARENT } = process.env;
  return isTraceparent(TRACEPARENT) ? TRACEPARENT : undefined;
}

/** Adds to the span of this command. */
export function noteInTrace(attributes: Record<string, string>): void {
  open?.span.setAttributes(attributes);
}

/** Ends the span of this command and sends it. */
export async function endTrace(exit_code: number): Promise<void> {
  if (!open) return;
  const { tracing, span } = open;
  tracing.end(span, { failed: exit_code !== 0, attributes: { "process.exit.code": exit_code } });
  await tracing.flush(FLUSH_MS_MAX);
}
