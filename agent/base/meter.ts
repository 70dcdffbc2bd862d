import { Counter, Histogram } from "../../protocol/base/metrics.ts";

const APPEND_BOUNDS_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** What this agent has counted since its start. A process is one agent. */
export const meter = {
  appends: new Histogram(
    "tailrace_agent_append_seconds",
    "Time from sending a batch of output to its acknowledgement.",
    APPEND_BOUNDS_SECONDS,
  ),
  sent_bytes: new Counter(
    "tailrace_agent_sent_bytes_total",
    "Bytes of batches that the server has acknowledged.",
  ),
  failures: new Counter(
    "tailrace_agent_request_failures_total",
    "Failed attempts to send output or an end, by the error's code, disk, or network.",
    "code",
  ),
  begun: new Counter("tailrace_agent_runs_begun_total", "Runs that were begun."),
  ended: new Counter("tailrace_agent_runs_ended_total", "Runs that are over, by how they ended here.", "how"),
  connections: new Counter("tailrace_agent_connections_total", "Connections that the pool has welcomed."),
};

/** Counts output that the server has acknowledged. `began_ms`: when it was sent, on the monotonic clock. */
export function countSent(bytes: number, began_ms: number): void {
  meter.appends.observe((performance.now() - began_ms) / 1000);
  meter.sent_bytes.add(bytes);
}
