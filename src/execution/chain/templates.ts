import { KEY_SCOPES } from "../../../protocol/key.ts";
import { hasTemplate } from "../../../protocol/parameters.ts";
import { type KeyPath, type Keys, keyId, keysOf, Renderer } from "../../../protocol/templates/renderer.ts";
import { runOf } from "../../auth/rights.ts";
import { SANDBOX } from "../../templates/sandbox.ts";
import { readRunKeys } from "../run-keys.ts";
import { quotedText, textsOf } from "../secrets.ts";
import type { ExecutionSpec } from "../state.ts";

/** A value that could not be rendered: which, what stands there, and why. */
export class RenderingError extends Error {
  override readonly name = "RenderingError";
  readonly key: string;
  readonly template: string;

  constructor(key: string, value: unknown, reason: string) {
    super(reason);
    this.key = key;
    this.template = typeof value === "string" ? value : JSON.stringify(value);
  }
}

/** What came of rendering, and the secret texts that may stand in it. */
export interface Rendered<T> {
  values: T;
  secrets: string[];
}

/** Rejects with what the templates have wrong, or where the key-value table cannot be read now. Keys are read with the rights of the run. */
export async function rendered<T>(
  env: Env,
  spec: ExecutionSpec,
  templates: unknown,
  render: (renderer: Renderer) => T,
): Promise<Rendered<T>> {
  const keys = await readKeysOf(env, spec, keysOf(templates));
  const secrets = textsOf([...keys.values()].flatMap(({ secret, value }) => (secret ? [value] : [])));
  const renderer = new Renderer(keys, SANDBOX);
  // Nothing is awaited from here to the end: the sandbox asks for that.
  try {
    return { values: render(renderer), secrets };
  } catch (error) {
    throw error instanceof RenderingError ? error : new RenderingError("", "", reasonOf(error));
  } finally {
    renderer.free();
  }
}

async function readKeysOf(env: Env, spec: ExecutionSpec, paths: KeyPath[]): Promise<Keys> {
  if (paths.length === 0) return new Map();
  const run = await runOf(env, spec);
  const read = await Promise.all(
    KEY_SCOPES.map(async (scope) => {
      const names = paths.flatMap((path) => (path.scope === scope ? [path.name] : []));
      const keys = await readRunKeys(env, run, scope, names);
      return keys.map((key) => [keyId({ scope, name: key.name }), key] as const);
    }),
  );
  return new Map(read.flat());
}

/** Every template in a mapping as the text that it comes to (StackStorm's rule for chains); what is none stays. */
export function renderMapping(
  renderer: Renderer,
  mapping: Record<string, unknown>,
  scope: Record<string, unknown>,
): Record<string, unknown> {
  const render = (value: unknown): unknown => {
    if (typeof value === "string") return hasTemplate(value) ? renderer.text(value, scope) : value;
    if (Array.isArray(value)) return value.map(render);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, render(item)]));
  };
  return Object.fromEntries(
    Object.entries(mapping).map(([key, value]) => {
      try {
        return [key, render(value)];
      } catch (error) {
        throw new RenderingError(key, value, reasonOf(error));
      }
    }),
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A rendered value as the parameter of another execution, which renders its parameters too: what tasks have printed is
 * data there, whatever marks of templates are in it.
 */
export function asLiteral(value: unknown): unknown {
  if (typeof value === "string") {
    if (!hasTemplate(value)) return value;
    return `{{ "${quotedText(value)}" }}`;
  }
  if (Array.isArray(value)) return value.map(asLiteral);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asLiteral(item)]));
}
