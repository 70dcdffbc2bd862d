import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Counter, gauge, Histogram, metricsText } from "../../protocol/base/metrics.ts";

describe("metrics in Prometheus's text format", () => {
  it("have help, type and a line for each sample", () => {
    const errors = new Counter("errors_total", "Errors.", "code");
    errors.add(1, "gap");
    errors.add(2, "gap");
    errors.add(1, "ended");
    const runs = new Counter("runs_total", "Runs.");
    const times = new Histogram("wait_seconds", "Waits.", [0.1, 1]);
    for (const seconds of [0.05, 0.1, 0.5, 7, -3]) times.observe(seconds);
    const slots = gauge("slots", "Slots.", [{ labels: { pool: 'a"b\\c\nd', zone: "eu" }, value: 4 }]);
    expect(metricsText([errors.metric, runs.metric, times.metric, slots, gauge("up", "Up.", 1)])).toBe(
      `# HELP errors_total Errors.
# TYPE errors_total counter
errors_total{code="gap"} 3
errors_total{code="ended"} 1
# HELP runs_total Runs.
# TYPE runs_total counter
runs_total 0
# HELP wait_seconds Waits.
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.1"} 3
wait_seconds_bucket{le="1"} 4
wait_seconds_bucket{le="+Inf"} 5
wait_seconds_sum 7.65
wait_seconds_count 5
# HELP slots Slots.
# TYPE slots gauge
slots{pool="a\\"b\\\\c\\nd",zone="eu"} 4
# HELP up Up.
# TYPE up gauge
up 1
`,
    );
  });

  it("count each duration in every bucket that is not below it", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (durations) => {
        const bounds = [0.5, 2, 8];
        const times = new Histogram("t_seconds", "T.", bounds);
        for (const duration of durations) times.observe(duration);
        const buckets = times.metric.samples.filter(({ suffix }) => suffix === "_bucket");
        expect(buckets.map(({ value }) => value)).toEqual(
          [...bounds, Number.POSITIVE_INFINITY].map(
            (bound) => durations.filter((one) => one <= bound).length,
          ),
        );
      }),
    );
  });
});
