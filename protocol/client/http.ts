/** A request, as a client gives it to its transport: a part of what `fetch` takes. */
export interface HttpRequest {
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array<ArrayBuffer>;
  signal?: AbortSignal;
}

/** An answer, as a transport gives it to its client: a part of `Response`. */
export interface HttpAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  text(): Promise<string>;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The head of an answer as Node's `http` gives it. */
interface NodeHead {
  statusCode?: number | undefined;
  headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** The head of an answer that Node's `http` has received. */
export function answerHead({
  statusCode: status = 0,
  headers,
}: NodeHead): Pick<HttpAnswer, "ok" | "status" | "headers"> {
  return {
    ok: status >= 200 && status < 300,
    status,
    headers: {
      get: (name) => {
        const value = headers[name.toLowerCase()];
        return Array.isArray(value) ? value.join(", ") : (value ?? null);
      },
    },
  };
}

/** The part of `fetch` that a client uses. */
export type Fetch = (url: string, request: HttpRequest) => Promise<HttpAnswer>;

/** A failure before the answer, in the form that it has from `fetch`. */
export function fetchFailed(cause: unknown): TypeError {
  return new TypeError("fetch failed", { cause });
}
