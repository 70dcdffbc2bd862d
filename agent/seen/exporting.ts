import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { DeliveryLog } from "../../protocol/tracing/delivery-log.ts";
import { headersOf, Tracing } from "../../protocol/tracing/tracing.ts";
import type { Log } from "../base/log.ts";

/** Traces to a collector. The exporter reads the other variables itself, such as those of certificates. */
export function openExporting(env: NodeJS.ProcessEnv, url: string, log: Log): Tracing {
  return new Tracing({
    env,
    service: "tailrace-agent",
    exporter: new OTLPTraceExporter({ url, headers: headersOf(env) }),
    log: new DeliveryLog(log.warn, log.info),
  });
}
