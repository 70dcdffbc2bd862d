import { createRequire } from "node:module";
import { join } from "node:path";
import { pythonLiteral } from "../python-literal.ts";
import { AGENT_ROOT } from "../root.ts";
import { FILTERS, type Filter } from "./filters.ts";

/** Steps that one template may take: a loop without an end stops here. */
const FUEL = 1_000_000;

type Environment = import("minijinja-js").Environment;

/** What templates may call beyond the engine's own filters, and what `decrypt_kv` knows. */
export interface EngineOptions {
  decrypt: (value: unknown) => unknown;
}

/** The sandbox that templates are evaluated in: they see the values they are given, and nothing of this process. */
export class Engine {
  readonly #environment: Environment;

  constructor({ decrypt }: EngineOptions) {
    // Loaded when the first template comes: most agents never need its WebAssembly.
    const load = createRequire(join(AGENT_ROOT, "templates"));
    const { Environment } = load("minijinja-js") as typeof import("minijinja-js");
    const environment = new Environment();
    environment.enablePyCompat();
    environment.undefinedBehavior = "strict";
    environment.fuel = FUEL;
    environment.keepTrailingNewline = true;
    const filters: Record<string, Filter> = { ...FILTERS, decrypt_kv: decrypt, [PYTHON_TEXT]: pythonText };
    for (const [name, filter] of Object.entries(filters)) {
      environment.addFilter(name, (...args: unknown[]) => filter(...args.map(plain)));
    }
    this.#environment = environment;
  }

  /** The value of a template: its text, or, where it is one expression and nothing else, the value of that. */
  render(template: string, context: Record<string, unknown>): unknown {
    const expression = /^\s*\{\{-?((?:(?!\}\}|\{\{)[\s\S])*?)-?\}\}\s*$/.exec(template)?.[1];
    if (expression === undefined) return this.#environment.renderStr(asPython(template), context);
    const value = plain(this.#environment.evalExpr(`(${expression})`, context));
    if (value === undefined) throw new Error("undefined value");
    return value;
  }

  free(): void {
    this.#environment.free();
  }
}

/** The filter through which every printed value goes, so that it reads as Jinja in Python prints it. */
const PYTHON_TEXT = "python_text";

function asPython(template: string): string {
  if (template.includes("{% raw")) return template;
  return template.replace(
    /\{\{(-?)([\s\S]*?)(-?)\}\}/g,
    (_, left: string, expression: string, right: string) =>
      `{{${left} (${expression}) | ${PYTHON_TEXT} ${right}}}`,
  );
}

/** A value as Python prints it: what scripts that were written for StackStorm expect to get. */
function pythonText(value: unknown): string {
  if (value === undefined) throw new Error("undefined value");
  return typeof value === "string" ? value : pythonLiteral(value);
}

/** The engine hands objects out as maps. */
function plain(value: unknown): unknown {
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, item]) => [String(key), plain(item)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
