import type { Counts } from "../counting-worker/counts.ts";

const MILLION = 1_000_000;

/**
 * Dollars of Cloudflare's paid plan beyond its included amounts, as published on 30 November 2026:
 * https://developers.cloudflare.com/workers/platform/pricing/, …/durable-objects/platform/pricing/ and …/d1/platform/pricing/.
 * Left out: the processor time of the Worker ($0.02 for a million milliseconds) and the stored gigabytes.
 */
export const DOLLARS = {
  worker_request: 0.3 / MILLION,
  object_request: 0.15 / MILLION,
  row_read: 0.001 / MILLION,
  row_written: 1 / MILLION,
  gigabyte_second: 12.5 / MILLION,
};

/** Messages that an object receives over sockets and that are billed as one request. Messages that it sends are free. */
export const MESSAGES_PER_REQUEST = 20;

/** An object is billed for this much memory while it is awake, whatever it uses. */
const OBJECT_GIGABYTES = 0.128;

/** The price of what was counted, in dollars. */
export function priceOf(counts: Counts): number {
  const object_requests = counts.object_requests + counts.object_messages / MESSAGES_PER_REQUEST;
  const rows_read = counts.object_rows_read + counts.d1_rows_read;
  const rows_written = counts.object_rows_written + counts.d1_rows_written + counts.audit_rows_written;
  return (
    counts.worker_requests * DOLLARS.worker_request +
    object_requests * DOLLARS.object_request +
    rows_read * DOLLARS.row_read +
    rows_written * DOLLARS.row_written +
    (counts.object_ms / 1000) * OBJECT_GIGABYTES * DOLLARS.gigabyte_second
  );
}

/** The price of the same lines in a design with a request and a row for each. It pays nothing for all the rest. */
export function perLinePrice(lines: number): number {
  return lines * (DOLLARS.worker_request + DOLLARS.object_request + DOLLARS.row_written);
}
