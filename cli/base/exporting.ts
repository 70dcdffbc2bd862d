import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { DeliveryLog } from "../../protocol/tracing/delivery-log.ts";
import { headersOf, Tracing } from "../../protocol/tracing/tracing.ts";

/** Traces to a collector. The exporter reads the other variables itself, such as those of certificates. */
export function openExporting(env: NodeJS.ProcessEnv, url: string, say: (text: string) => void): Tracing {
  return new Tracing({
    env,
    service: "tailrace-cli",
    exporter: new OTLPTraceExporter({ url, headers: headersOf(env) }),
    log: new DeliveryLog(say),
  });
}
