import { ExportResultCode } from "@opentelemetry/core";
import { JsonTraceSerializer } from "@opentelemetry/otlp-transformer";
import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { DeliveryLog } from "../../protocol/tracing/delivery-log.ts";
import { headersOf, Tracing } from "../../protocol/tracing/tracing.ts";

/** Requests to the collector at the same time, of one isolate. Spans beyond are dropped. */
const EXPORTS_MAX = 64;

const TIMEOUT_MS = 10_000;

const log = new DeliveryLog((text) => console.error(text));

/** When each request under way to the collector is over at the latest. The platform may end one without notice. */
const under_way = new Set<{ until_ms: number }>();

/** Traces to a collector. */
export function openExporting(env: Env, url: string): Tracing {
  return new Tracing({ env, service: "tailrace-server", exporter: fetchExporter(env, url), log });
}

/**
 * Sends spans with the platform's `fetch`, and tries once. The library's exporter for pages would leave the answer unread, which occupies
 * a connection, and its retries would keep an object awake.
 */
function fetchExporter(env: Env, url: string): SpanExporter {
  const headers = { ...headersOf(env), "content-type": "application/json" };
  const timeout_ms = Number(env.OTEL_EXPORTER_OTLP_TIMEOUT) || TIMEOUT_MS;
  return {
    export: (spans, done) => {
      send(url, headers, timeout_ms, JsonTraceSerializer.serializeRequest(spans)).then(
        () => done({ code: ExportResultCode.SUCCESS }),
        (error: Error) => done({ code: ExportResultCode.FAILED, error }),
      );
    },
    shutdown: async () => undefined,
  };
}

async function send(
  url: string,
  headers: Record<string, string>,
  timeout_ms: number,
  body: Uint8Array | undefined,
): Promise<void> {
  const now_ms = Date.now();
  for (const request of under_way) if (request.until_ms < now_ms) under_way.delete(request);
  if (under_way.size >= EXPORTS_MAX) throw new Error("it is too slow");
  const request = { until_ms: now_ms + timeout_ms };
  under_way.add(request);
  try {
    const signal = AbortSignal.timeout(timeout_ms);
    // A redirect would get the headers too, which may have a key.
    const redirect = "manual";
    const answer = await fetch(url, { method: "POST", headers, body: body ?? null, signal, redirect });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`it answers with status ${answer.status}`);
  } finally {
    under_way.delete(request);
  }
}
