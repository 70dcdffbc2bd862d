import { ExportResultCode } from "@opentelemetry/core";
import { InMemorySpanExporter, type SpanExporter } from "@opentelemetry/sdk-trace";
import { describe, expect, it } from "vitest";
import { isTraceparent, newSpanId, spanIdOf, withSpanId } from "../../protocol/base/traceparent.ts";
import { type TracingEnvironment, tracingTarget } from "../../protocol/settings/tracing.ts";
import { DeliveryLog } from "../../protocol/tracing/delivery-log.ts";
import { Tracing } from "../../protocol/tracing/tracing.ts";
import { traceBelow, traceOfChild } from "../../src/objects/trace.ts";
import { until } from "../support/scratch.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;
const FLUSH_MS_MAX = 10_000;

/** The tracing of a program, what it says, and the exporter that takes its spans. */
function tracingWith<E extends SpanExporter>(exporter: E, env: TracingEnvironment = {}) {
  const said: string[] = [];
  const log = new DeliveryLog((text) => said.push(text));
  return { tracing: new Tracing({ env, service: "tailrace-test", exporter, log }), said, exporter };
}

/** An exporter that takes spans, and answers when it is told to. */
class SlowExporter implements SpanExporter {
  readonly #answers: (() => void)[] = [];
  spans = 0;
  code = ExportResultCode.SUCCESS;

  export: SpanExporter["export"] = (spans, done) => {
    this.spans += spans.length;
    this.#answers.push(() => done({ code: this.code }));
  };

  answer(): void {
    for (const answer of this.#answers.splice(0)) answer();
  }

  async shutdown(): Promise<void> {
    this.answer();
  }
}

it.each([
  [PARENT, true],
  [PARENT.toUpperCase(), false],
  [`01-${TRACE}-${SPAN}-01`, false],
  [`00-${"0".repeat(32)}-${SPAN}-01`, false],
  [`00-${TRACE}-${"0".repeat(16)}-01`, false],
  [`${PARENT}-x`, false],
  [undefined, false],
])("traceparent %s: %s", (text, is_valid) => {
  expect(isTraceparent(text)).toBe(is_valid);
});

it("a trace continues with new spans", () => {
  const [first, second] = [newSpanId(), newSpanId()];
  expect(first).not.toBe(second);
  const next = withSpanId(PARENT, first);
  expect(next).toBe(`00-${TRACE}-${first}-01`);
  expect(isTraceparent(next)).toBe(true);
  expect(spanIdOf(next)).toBe(first);
});

it("a child is below its parent's own span, or below the same span if the server traces nothing", () => {
  const trace = traceBelow(PARENT, true);
  expect(trace.parent_id).toBe(SPAN);
  const child = traceOfChild({ trace }).trace;
  expect(child?.parent_id).toBe(spanIdOf(trace.traceparent));
  expect(child?.traceparent).not.toBe(trace.traceparent);
  expect(traceOfChild({ trace: traceBelow(PARENT, false) })).toEqual({ trace: { traceparent: PARENT } });
  expect(traceOfChild({})).toEqual({});
});

describe("the environment", () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" };
  it.each<[string, TracingEnvironment, string]>([
    ["nothing", {}, "off"],
    ["an empty endpoint", { OTEL_EXPORTER_OTLP_ENDPOINT: "" }, "off"],
    ["an endpoint", endpoint, "http://collector:4318/v1/traces"],
    [
      "an endpoint with a path",
      { OTEL_EXPORTER_OTLP_ENDPOINT: "https://c/otlp/" },
      "https://c/otlp/v1/traces",
    ],
    [
      "an endpoint for traces",
      { ...endpoint, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://t/x" },
      "http://t/x",
    ],
    ["a disabled SDK", { ...endpoint, OTEL_SDK_DISABLED: "TRUE" }, "off"],
    ["no exporter", { ...endpoint, OTEL_TRACES_EXPORTER: "none" }, "off"],
    ["another exporter", { ...endpoint, OTEL_TRACES_EXPORTER: "zipkin" }, "mistake"],
    [
      "protobuf",
      { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf" },
      "http://collector:4318/v1/traces",
    ],
    ["gRPC", { ...endpoint, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" }, "mistake"],
    ["no URL", { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" }, "mistake"],
  ])("%s", (_, env, expected) => {
    const target = tracingTarget(env);
    expect(target.kind === "on" ? target.url : target.kind).toBe(expected);
  });

  it.each<[TracingEnvironment, { root: boolean; child: boolean }]>([
    [{}, { root: true, child: true }],
    [{ OTEL_TRACES_SAMPLER: "always_off" }, { root: false, child: false }],
    [{ OTEL_TRACES_SAMPLER: "parentbased_always_off" }, { root: false, child: true }],
    [
      { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
      { root: false, child: false },
    ],
    [
      { OTEL_TRACES_SAMPLER: "parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG: "0" },
      { root: false, child: true },
    ],
    [
      { OTEL_TRACES_SAMPLER: "traceidratio", OTEL_TRACES_SAMPLER_ARG: "7" },
      { root: true, child: true },
    ],
    [{ OTEL_TRACES_SAMPLER: "dice" }, { root: true, child: true }],
  ])("samples by %o", (env, expected) => {
    const { tracing } = tracingWith(new InMemorySpanExporter(), env);
    const [root, child] = [tracing.begin("root", {}), tracing.begin("child", { parent: PARENT })];
    expect({ root: root.isRecording(), child: child.isRecording() }).toEqual(expected);
  });
});

it("a span has the given id, times and service, and is below its parent", async () => {
  const env = { OTEL_SERVICE_NAME: "mine", OTEL_RESOURCE_ATTRIBUTES: "zone=eu,service.name=other" };
  const { tracing, exporter } = tracingWith(new InMemorySpanExporter(), env);
  const span = tracing.begin("known", { parent: PARENT, span_id: SPAN, at_ms: 1_700_000_000_000.5 });
  tracing.end(span, { at_ms: 1_700_000_001_000, failed: true, attributes: { a: 1 } });
  await tracing.flush(FLUSH_MS_MAX);
  const [found] = exporter.getFinishedSpans();
  expect(found).toMatchObject({
    parentSpanContext: { traceId: TRACE, spanId: SPAN },
    startTime: [1_700_000_000, 500_000],
    endTime: [1_700_000_001, 0],
    status: { code: 2 },
    attributes: { a: 1 },
  });
  expect(found?.spanContext()).toMatchObject({ traceId: TRACE, spanId: SPAN });
  expect(found?.resource.attributes).toMatchObject({ "service.name": "mine", zone: "eu" });
  expect(tracing.traceparent(span)).toBe(PARENT);
});

it("a flush also waits for spans that are on their way already", async () => {
  const { tracing, exporter } = tracingWith(new SlowExporter());
  tracing.end(tracing.begin("span", {}));
  await until("the span is on its way", () => exporter.spans === 1);
  const order: string[] = [];
  const flushed = tracing.flush(FLUSH_MS_MAX).then(() => order.push("flushed"));
  setImmediate(() => {
    order.push("taken");
    exporter.answer();
  });
  await flushed;
  expect(order).toEqual(["taken", "flushed"]);
});

it("a slow collector gets a bounded number of spans, and the rest is dropped and counted", async () => {
  const { tracing, said, exporter } = tracingWith(new SlowExporter());
  for (let count = 0; count < 3_000; count++) tracing.end(tracing.begin("span", {}));
  await tracing.flush(1);
  expect(said).toEqual([expect.stringContaining("it is too slow")]);
  expect(exporter.spans).toBe(2_048);
  exporter.answer();
  await tracing.flush(FLUSH_MS_MAX);
  expect(said.slice(1)).toEqual([expect.stringContaining("952 spans were dropped")]);
  // An error's own full stop is not doubled.
  new DeliveryLog((text) => said.push(text)).dropped(1, "Network connection lost.");
  expect(said.pop()).toContain("lost. Its spans");
  // A failure is said once, until the collector takes spans again.
  exporter.code = ExportResultCode.FAILED;
  for (let count = 0; count < 2; count++) {
    tracing.end(tracing.begin("span", {}));
    await tracing.flush(1);
    exporter.answer();
  }
  expect(said).toHaveLength(3);
});
