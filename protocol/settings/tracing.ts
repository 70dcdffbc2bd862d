/** OpenTelemetry's own variables that all parts read, and what each does. Other exporters and samplers than these are mistakes. */
export const TRACING_VARIABLES = {
  OTEL_EXPORTER_OTLP_ENDPOINT:
    "the collector's URL, for example http://127.0.0.1:4318; without it, nothing is traced",
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "the whole URL for traces, if it is not the endpoint with /v1/traces",
  OTEL_EXPORTER_OTLP_HEADERS: "headers for the collector, such as a key: name=value, separated by commas",
  OTEL_EXPORTER_OTLP_TRACES_HEADERS: "the same, for traces alone",
  OTEL_EXPORTER_OTLP_TIMEOUT: "milliseconds that the collector may take, 10000 by default",
  OTEL_EXPORTER_OTLP_PROTOCOL:
    "http/json or http/protobuf: spans go as JSON, which a receiver of OTLP over HTTP takes under both",
  OTEL_SERVICE_NAME: "the service's name; by default tailrace-cli, tailrace-server and tailrace-agent",
  OTEL_RESOURCE_ATTRIBUTES: "attributes of all spans: name=value, separated by commas",
  OTEL_TRACES_SAMPLER:
    "always_on, always_off, traceidratio, or one of them after parentbased_; parentbased_always_on by default",
  OTEL_TRACES_SAMPLER_ARG: "the part of new traces that traceidratio takes, from 0 to 1",
  OTEL_TRACES_EXPORTER: "otlp, or none to trace nothing",
  OTEL_SDK_DISABLED: "true to trace nothing",
} as const;

export type TracingVariable = keyof typeof TRACING_VARIABLES;
export type TracingEnvironment = { readonly [Name in TracingVariable]?: string | undefined };

/** Where spans go, if they go anywhere. */
export type TracingTarget = { kind: "off" } | { kind: "mistake"; text: string } | { kind: "on"; url: string };

/** Reads the variables that turn tracing on or off. An empty variable counts as absent. */
export function tracingTarget(env: TracingEnvironment): TracingTarget {
  const url = env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || withPath(env.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (url === undefined || env.OTEL_SDK_DISABLED?.toLowerCase() === "true") return { kind: "off" };
  const exporter = env.OTEL_TRACES_EXPORTER || "otlp";
  if (exporter === "none") return { kind: "off" };
  if (exporter !== "otlp") return mistake(`OTEL_TRACES_EXPORTER is ${exporter}. Set it to otlp or none`);
  const protocol = env.OTEL_EXPORTER_OTLP_PROTOCOL || "http/json";
  if (!protocol.startsWith("http/"))
    return mistake(`OTEL_EXPORTER_OTLP_PROTOCOL is ${protocol}. Set it to http/json, at the port for HTTP`);
  const parsed = URL.parse(url);
  if (parsed?.protocol !== "http:" && parsed?.protocol !== "https:")
    return mistake("the endpoint is no URL that begins with http:// or https://");
  return { kind: "on", url };
}

function withPath(endpoint: string | undefined): string | undefined {
  return endpoint ? `${endpoint.replace(/\/+$/, "")}/v1/traces` : undefined;
}

function mistake(why: string): TracingTarget {
  return { kind: "mistake", text: `Nothing is traced: ${why}.` };
}
