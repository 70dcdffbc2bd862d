import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as OTLP has it in JSON. */
interface OtlpSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  status?: { code?: number };
  attributes: { key: string; value: { stringValue?: string; intValue?: number; doubleValue?: number } }[];
}

interface OtlpRequest {
  resourceSpans: {
    resource: Pick<OtlpSpan, "attributes">;
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

/** A span that came, with its service. */
export interface ReceivedSpan {
  trace: string;
  id: string;
  parent: string | undefined;
  name: string;
  service: unknown;
  failed: boolean;
  start_ms: number;
  end_ms: number;
  attributes: Record<string, unknown>;
}

type Mode = "take" | "hang" | "refuse" | "close" | { redirect: string };

/** A receiver of OTLP over HTTP, which can also hang, refuse, redirect, or close connections. */
export class Collector {
  readonly spans: ReceivedSpan[] = [];
  /** The bodies of all requests. */
  readonly bodies: string[] = [];
  readonly headers: NodeJS.Dict<string | string[]>[] = [];
  #mode: Mode = "take";
  readonly #hanging = new Set<ServerResponse>();
  readonly #server = createServer(async (request, response) => {
    if (this.#mode === "close") return request.socket.destroy();
    const body = Buffer.concat(await request.toArray()).toString();
    this.bodies.push(body);
    this.headers.push(request.headers);
    if (this.#mode === "hang") return this.#hanging.add(response);
    if (this.#mode === "refuse") return response.writeHead(403).end();
    if (typeof this.#mode === "object")
      return response.writeHead(307, { location: this.#mode.redirect }).end();
    if (request.url !== "/v1/traces") return response.writeHead(404).end();
    this.spans.push(...spansOf(JSON.parse(body)));
    return response.writeHead(200, { "content-type": "application/json" }).end("{}");
  });

  async start(): Promise<this> {
    this.#server.listen(0, "127.0.0.1");
    await new Promise((done) => this.#server.once("listening", done));
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What it does from now on. What hangs is answered once it takes spans again. */
  set mode(mode: Mode) {
    this.#mode = mode;
    if (mode === "hang") return;
    for (const response of this.#hanging) response.writeHead(403).end();
    this.#hanging.clear();
  }

  /** The spans of the trace that has an execution, in the order of their starts. */
  traceOf(execution_id: string): ReceivedSpan[] {
    const own = this.spans.find(({ attributes }) => attributes["tailrace.execution.id"] === execution_id);
    return this.spans.filter(({ trace }) => trace === own?.trace).sort((a, b) => a.start_ms - b.start_ms);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

/** The names of spans below their parents', as lines of a tree. */
export function treeOf(spans: readonly ReceivedSpan[], above?: string, depth = 0): string[] {
  return spans
    .filter(({ parent }) => (above === undefined ? !spans.some(({ id }) => id === parent) : parent === above))
    .flatMap(({ id, name }) => ["  ".repeat(depth) + name, ...treeOf(spans, id, depth + 1)]);
}

function spansOf({ resourceSpans }: OtlpRequest): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        trace: span.traceId,
        id: span.spanId,
        parent: span.parentSpanId,
        name: span.name,
        service: attributesOf(resource)["service.name"],
        failed: span.status?.code === 2,
        start_ms: Number(span.startTimeUnixNano) / 1e6,
        end_ms: Number(span.endTimeUnixNano) / 1e6,
        attributes: attributesOf(span),
      })),
    ),
  );
}

function attributesOf({ attributes }: Pick<OtlpSpan, "attributes">): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
