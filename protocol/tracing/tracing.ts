import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { millisToHrTime, parseKeyPairsIntoRecord, parseTraceParent } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { RandomIdGenerator, type SpanExporter, TracerProvider } from "@opentelemetry/sdk-trace";
import { VERSION } from "../base/version.ts";
import type { TracingEnvironment } from "../settings/tracing.ts";
import { Delivery } from "./delivery.ts";
import type { DeliveryLog } from "./delivery-log.ts";
import { samplerOf } from "./sampler.ts";

/** What a span begins with. */
export interface SpanStart {
  /** The `traceparent` of the span above it; without it, a new trace begins. */
  parent?: string | undefined;
  /** The id of a span that others know already. */
  span_id?: string | undefined;
  /** By default now. */
  at_ms?: number | undefined;
  /** Whether a request of another program is answered. */
  answers?: boolean;
  attributes?: Attributes;
}

/** How a span ends. */
export interface SpanEnd {
  /** By default now. */
  at_ms?: number | undefined;
  failed?: boolean;
  attributes?: Attributes;
}

/** Makes the spans of one program with OpenTelemetry's library, and sends them. It is loaded only if tracing is on. */
export class Tracing {
  readonly #delivery: Delivery;
  readonly #provider: TracerProvider;
  readonly #random = new RandomIdGenerator();
  #span_id: string | undefined;

  constructor(options: {
    env: TracingEnvironment;
    /** The service's name, if the environment gives none. */
    service: string;
    exporter: SpanExporter;
    log: DeliveryLog;
  }) {
    const { env, service, exporter, log } = options;
    this.#delivery = new Delivery(exporter, log);
    const named = env.OTEL_SERVICE_NAME ? { "service.name": env.OTEL_SERVICE_NAME } : {};
    this.#provider = new TracerProvider({
      sampler: samplerOf(env),
      resource: resourceFromAttributes({
        "service.name": service,
        "service.version": VERSION,
        ...parseKeyPairsIntoRecord(env.OTEL_RESOURCE_ATTRIBUTES),
        ...named,
      }),
      idGenerator: {
        generateTraceId: () => this.#random.generateTraceId(),
        generateSpanId: () => this.#span_id ?? this.#random.generateSpanId(),
      },
      spanProcessors: [this.#delivery],
    });
  }

  /** Begins a span. It is sent after its end. */
  begin(name: string, { parent, span_id, at_ms, answers = false, attributes = {} }: SpanStart): Span {
    const above = parent === undefined ? null : parseTraceParent(parent);
    const context = above ? trace.setSpanContext(ROOT_CONTEXT, { ...above, isRemote: true }) : ROOT_CONTEXT;
    this.#span_id = span_id;
    try {
      return this.#provider.getTracer("tailrace", VERSION).startSpan(
        name,
        {
          kind: answers ? SpanKind.SERVER : SpanKind.INTERNAL,
          attributes,
          ...(at_ms === undefined ? {} : { startTime: millisToHrTime(at_ms) }),
        },
        context,
      );
    } finally {
      this.#span_id = undefined;
    }
  }

  /** Ends a span. */
  end(span: Span, { at_ms, failed = false, attributes = {} }: SpanEnd = {}): void {
    span.setAttributes(attributes);
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(at_ms === undefined ? undefined : millisToHrTime(at_ms));
  }

  /** The W3C `traceparent` that makes a span the parent of others. */
  traceparent(span: Span): string {
    const { traceId, spanId, traceFlags } = span.spanContext();
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, "0")}`;
  }

  /** Sends the spans that have ended, and waits for that at most this long. */
  flush(ms_max: number): Promise<void> {
    return this.#delivery.within(ms_max);
  }
}

/** Headers for the collector. */
export function headersOf(env: TracingEnvironment): Record<string, string> {
  return {
    ...parseKeyPairsIntoRecord(env.OTEL_EXPORTER_OTLP_HEADERS),
    ...parseKeyPairsIntoRecord(env.OTEL_EXPORTER_OTLP_TRACES_HEADERS),
  };
}
