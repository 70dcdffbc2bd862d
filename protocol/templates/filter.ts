import { isStructure } from "../base/numbers.ts";
import { pythonLiteral } from "../base/python-literal.ts";
import { refuseLong } from "./bounded-text.ts";

export type Filter = (...args: unknown[]) => unknown;

/** An argument by its place or name. The engine appends named arguments as one object. */
export function option(rest: unknown[], at: number, name: string): unknown {
  const last = rest.at(-1);
  if (!isStructure(last) || Array.isArray(last)) return rest[at];
  const named = Object.entries(last).find(([key]) => key === name)?.[1];
  return named ?? (at < rest.length - 1 ? rest[at] : undefined);
}

/** A filter's number, also from text. Throws for a list or an object. */
export function numberIn(value: unknown): number {
  if (isStructure(value)) throw new Error("a list or an object is not a number");
  return Number(value);
}

/** A value as Python prints it: scripts for StackStorm expect this. */
export function pythonText(value: unknown): string {
  const text = typeof value === "string" ? value : pythonLiteral(value);
  refuseLong(text.length);
  return text;
}
