import { newSpanId, spanIdOf, withSpanId } from "../../protocol/base/traceparent.ts";

/**
 * The place of an execution in its trace. Its children and its agent continue at `traceparent`. With `parent_id`, that is a span of the
 * execution's own, below another; its object sends it at the end. Without, the server traces nothing, and only passes it on.
 */
export interface Trace {
  traceparent: string;
  parent_id?: string;
}

/** The place of a new execution below a span. */
export function traceBelow(traceparent: string, is_traced: boolean): Trace {
  if (!is_traced) return { traceparent };
  return { traceparent: withSpanId(traceparent, newSpanId()), parent_id: spanIdOf(traceparent) };
}

/** The place of a child, for its spec. */
export function traceOfChild(parent: { trace?: Trace }): { trace?: Trace } {
  const { trace } = parent;
  return trace === undefined ? {} : { trace: traceBelow(trace.traceparent, trace.parent_id !== undefined) };
}
