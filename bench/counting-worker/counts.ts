/** What the platform bills, counted since the engine started. Pings that the runtime answers are not in it. */
export interface Counts {
  worker_requests: number;
  /** Calls, fetches and alarms of objects. */
  object_requests: number;
  /** Messages that objects received over sockets. */
  object_messages: number;
  object_rows_read: number;
  object_rows_written: number;
  d1_rows_read: number;
  /** Without the audit log's. */
  d1_rows_written: number;
  audit_rows_written: number;
  /** How long objects were awake, all together. */
  object_ms: number;
}

export const counts: Counts = {
  worker_requests: 0,
  object_requests: 0,
  object_messages: 0,
  object_rows_read: 0,
  object_rows_written: 0,
  d1_rows_read: 0,
  d1_rows_written: 0,
  audit_rows_written: 0,
  object_ms: 0,
};
