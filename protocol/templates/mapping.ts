import { messageOf } from "../base/failure-text.ts";
import { isStructure, writeExact } from "../base/numbers.ts";
import type { Renderer } from "./renderer.ts";

/** A value that could not be rendered: its name, its template, and the reason. */
export class RenderingError extends Error {
  override readonly name = "RenderingError";
  readonly key: string;
  readonly template: string;

  constructor(key: string, value: unknown, reason: string) {
    super(reason);
    this.key = key;
    this.template = typeof value === "string" ? value : writeExact(value);
  }
}

/** Renders every template in a mapping as text (StackStorm's rule for chains); other values stay. */
export function renderMapping(
  renderer: Renderer,
  mapping: Record<string, unknown>,
  scope: Record<string, unknown>,
): Record<string, unknown> {
  const render = (value: unknown): unknown => {
    if (typeof value === "string") return renderer.text(value, scope);
    if (Array.isArray(value)) return value.map(render);
    if (!isStructure(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, render(item)]));
  };
  return Object.fromEntries(
    Object.entries(mapping).map(([key, value]) => {
      try {
        return [key, render(value)];
      } catch (error) {
        throw new RenderingError(key, value, messageOf(error));
      }
    }),
  );
}
