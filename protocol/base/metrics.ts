/** The labels of a sample. */
export type Labels = Readonly<Record<string, string>>;

/** One number of a metric. A histogram's samples have a suffix. */
export interface Sample {
  labels: Labels;
  value: number;
  suffix?: "_bucket" | "_sum" | "_count";
}

/** A metric with all its samples. */
export interface Metric {
  name: string;
  kind: "counter" | "gauge" | "histogram";
  help: string;
  samples: readonly Sample[];
}

/** The media type of the text. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Metrics in Prometheus's text format: https://prometheus.io/docs/instrumenting/exposition_formats/ */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .map(({ name, kind, help, samples }) =>
      [
        `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n`,
        ...samples.map(
          ({ labels, value, suffix = "" }) => `${name}${suffix}${labelsText(labels)} ${value}\n`,
        ),
      ].join(""),
    )
    .join("");
}

/** A metric with one sample, or with one for each value of a label. */
export function gauge(name: string, help: string, samples: readonly Sample[] | number): Metric {
  return {
    name,
    kind: "gauge",
    help,
    samples: typeof samples === "number" ? [{ labels: {}, value: samples }] : samples,
  };
}

/** A number that only grows, for each value of its label; without a label, one number. */
export class Counter {
  readonly #name: string;
  readonly #help: string;
  readonly #label: string | undefined;
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string, label?: string) {
    this.#name = name;
    this.#help = help;
    this.#label = label;
    if (label === undefined) this.#values.set("", 0);
  }

  /** `value` is the label's value. It must come from a closed set. */
  add(by = 1, value = ""): void {
    this.#values.set(value, (this.#values.get(value) ?? 0) + by);
  }

  get metric(): Metric {
    const label = this.#label;
    const samples = [...this.#values].map(([value, count]) => ({
      labels: label === undefined ? {} : { [label]: value },
      value: count,
    }));
    return { name: this.#name, kind: "counter", help: this.#help, samples };
  }
}

/** How often a duration was within each of some bounds. */
export class Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds_seconds: readonly number[];
  readonly #counts: number[];
  #sum_seconds = 0;

  /** The bounds grow. Longer durations count too. */
  constructor(name: string, help: string, bounds_seconds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds_seconds = bounds_seconds;
    this.#counts = [...bounds_seconds, Number.POSITIVE_INFINITY].map(() => 0);
  }

  /** A clock that was set back may give a negative duration, which counts as none. */
  observe(seconds: number): void {
    const duration = Math.max(0, seconds);
    const at = this.#bounds_seconds.findIndex((bound) => duration <= bound);
    const bucket = at === -1 ? this.#bounds_seconds.length : at;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum_seconds += duration;
  }

  get metric(): Metric {
    let below = 0;
    const buckets = this.#counts.map((count, at): Sample => {
      below += count;
      const le = String(this.#bounds_seconds[at] ?? "+Inf");
      return { suffix: "_bucket", labels: { le }, value: below };
    });
    const samples: Sample[] = [
      ...buckets,
      { suffix: "_sum", labels: {}, value: this.#sum_seconds },
      { suffix: "_count", labels: {}, value: below },
    ];
    return { name: this.#name, kind: "histogram", help: this.#help, samples };
  }
}

function labelsText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
