import { ExportResultCode } from "@opentelemetry/core";
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from "@opentelemetry/sdk-trace";
import { pause } from "../base/backoff.ts";
import { failureText } from "../base/failure-text.ts";
import type { DeliveryLog } from "./delivery-log.ts";

/** Spans that may wait for the collector, or be on their way to it. Further ones are dropped. */
const WAITING_SPANS_MAX = 2_048;

/** Spans of one request. */
const REQUEST_SPANS_MAX = 512;

/** How long spans are gathered. */
const GATHER_MS = 1_000;

/** Sends ended spans to the collector in the background. What the collector does not take is dropped, and said once. */
export class Delivery implements SpanProcessor {
  readonly #batches: BatchSpanProcessor;
  readonly #log: DeliveryLog;
  /** The requests to the collector that it has not answered. */
  readonly #requests = new Set<Promise<void>>();
  #waiting = 0;

  constructor(exporter: SpanExporter, log: DeliveryLog) {
    this.#log = log;
    const watched: SpanExporter = {
      export: (spans, done) => {
        const { promise, resolve } = Promise.withResolvers<void>();
        this.#requests.add(promise);
        exporter.export(spans, (result) => {
          this.#requests.delete(promise);
          resolve();
          this.#waiting -= spans.length;
          if (result.code === ExportResultCode.SUCCESS) log.taken();
          else log.dropped(spans.length, failureText(result.error ?? new Error("it gives no reason")));
          done(result);
        });
      },
      shutdown: () => exporter.shutdown(),
    };
    this.#batches = new BatchSpanProcessor({
      exporter: watched,
      maxQueueSize: WAITING_SPANS_MAX,
      maxExportBatchSize: REQUEST_SPANS_MAX,
      scheduledDelayMillis: GATHER_MS,
    });
  }

  onStart(span: Span, parent: Parameters<SpanProcessor["onStart"]>[1]): void {
    this.#batches.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    if (this.#waiting >= WAITING_SPANS_MAX) {
      this.#log.dropped(1, "it is too slow");
      return;
    }
    this.#waiting++;
    this.#batches.onEnd(span);
  }

  /** Sends what waits, and resolves once the collector has it, or after a time. Never rejects: a failure is in the log. */
  async within(ms_max: number): Promise<void> {
    const over = new AbortController();
    const flushed = this.#batches.forceFlush().catch(() => undefined);
    // The library's flush does not wait for what its timer has sent.
    const sent = Promise.all([flushed, ...this.#requests]);
    await Promise.race([sent, pause(ms_max, over.signal)]);
    over.abort();
  }

  forceFlush(): Promise<void> {
    return this.#batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.#batches.shutdown();
  }
}
