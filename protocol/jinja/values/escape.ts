import type { Budget } from "./budget.ts";
import { textOf } from "./print.ts";
import { Markup, type Value } from "./values.ts";

const ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "'": "&#39;",
  '"': "&#34;",
};

/** A value's text with escapes for HTML, unless it needs none. */
export function escaped(value: Value, budget: Budget): string {
  if (value instanceof Markup) return value.text;
  return budget.made(escapedText(textOf(value, budget)));
}

export function escapedText(text: string): string {
  return text.replace(/[&<>'"]/g, (sign) => ESCAPES[sign] ?? sign);
}
