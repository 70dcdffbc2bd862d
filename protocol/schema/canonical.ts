import type { Steps } from "../base/steps.ts";

/** A text that is the same for equal values, whatever the order of their keys: one lookup replaces many comparisons. */
export function canonical(value: unknown, steps: Steps): string {
  if (typeof value !== "object" || value === null) {
    const text = JSON.stringify(value) ?? "null";
    steps.spend(text.length);
    return text;
  }
  steps.spend(1);
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, steps)).join(",")}]`;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item, steps)}`).join(",")}}`;
}
