const TRACEPARENT = /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;

/** Whether a text is a W3C `traceparent`: the version, the trace's id, a span's id and the flags. Only the present version is known. */
export function isTraceparent(text: string | undefined): text is string {
  return text !== undefined && TRACEPARENT.test(text);
}

/** The id of its span. */
export function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52);
}

/** The same trace with another span. */
export function withSpanId(traceparent: string, span_id: string): string {
  return `${traceparent.slice(0, 36)}${span_id}${traceparent.slice(52)}`;
}

/** A new id of a span: 16 hexadecimal digits, which are not all 0. */
export function newSpanId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  bytes[0] = (bytes[0] ?? 0) | 1;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
