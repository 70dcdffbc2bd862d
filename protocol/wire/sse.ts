import { outputId } from "../base/id.ts";
import type { Chunk } from "./chunk.ts";
import { chunkText } from "./chunk.ts";
import { decodeChunk, fieldsOf, isEncoded, seqText } from "./line.ts";

/** The fields of StackStorm's output events about their execution. */
export interface OutputOrigin {
  execution_id: string;
  action_ref: string;
  runner_ref: string;
}

/** The name of StackStorm's output event, and of the one that ends its output stream. */
export const OUTPUT_EVENT = "st2.execution.output__create";
export const EOF_EVENT = "EOF";

/** The body of an output event: StackStorm's fields, and ours for bytes that are not text or are missing. */
export interface OutputEvent extends OutputOrigin {
  id: string;
  timestamp: string;
  output_type: Chunk["output_type"];
  data: string;
  data_base64?: string;
  host?: string;
  path?: string;
  gap?: Chunk["gap"];
}

/** Frames one event. The data is JSON, so it has no line break that could end the field. */
export function sseFrame(event: string, json: string, id?: number): string {
  return `${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${json}\n\n`;
}

/** A comment, which keeps the connection alive. Clients ignore it. */
export const SSE_KEEPALIVE = ": keepalive\n\n";

/** Frames one line of the log as StackStorm's output event, with the sequence number as its id. */
export function sseOutput(line: string, origin: string, executionId: string): string {
  const seq = seqText(line);
  const rest = isEncoded(line) ? textual(line) : fieldsOf(line).slice(1);
  return `id: ${seq}\nevent: ${OUTPUT_EVENT}\ndata: {"id":"${outputId(executionId, Number(seq))}",${origin},${rest}\n\n`;
}

/** The fields that all output events of an execution share, as JSON without braces. Made once for each reader. */
export function sseOrigin(origin: OutputOrigin): string {
  const { execution_id, action_ref, runner_ref } = origin;
  return JSON.stringify({ execution_id, action_ref, runner_ref }).slice(1, -1);
}

/** A base64 chunk as text that StackStorm's clients can show, and with the real bytes. */
function textual(line: string): string {
  const { seq: _, encoding: __, data, ...rest } = decodeChunk(line);
  return JSON.stringify({ ...rest, data: chunkText({ encoding: "base64", data }), data_base64: data }).slice(
    1,
  );
}

/** The chunk in an output event. */
export function chunkOfOutputEvent(seq: number, body: OutputEvent): Chunk {
  const { timestamp, output_type, data, data_base64, host, execution_id, path, gap } = body;
  return {
    seq,
    timestamp,
    output_type,
    ...(data_base64 === undefined ? {} : { encoding: "base64" as const }),
    ...(host === undefined ? {} : { host }),
    // With a path, the chunk comes from a child: then its execution is not the stream's.
    ...(path === undefined ? {} : { execution_id, path }),
    ...(gap === undefined ? {} : { gap }),
    data: data_base64 ?? data,
  };
}
