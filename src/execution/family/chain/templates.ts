import { parseJson } from "../../../../protocol/base/json.ts";
import { isStructure, writeExact } from "../../../../protocol/base/numbers.ts";
import { KEY_SCOPES } from "../../../../protocol/model/key.ts";
import { hasTemplate } from "../../../../protocol/model/template-names.ts";
import { type KeyPath, keyId } from "../../../../protocol/templates/keys.ts";
import { RenderingError } from "../../../../protocol/templates/mapping.ts";
import { type Keys, keysOf } from "../../../../protocol/templates/renderer.ts";
import type { ExecutionSpec } from "../../../objects/spec.ts";
import type { RenderJob } from "../../../objects/templates.ts";
import { runOf } from "../../../rights/run.ts";
import { readRunKeys } from "../../../rights/run-keys.ts";
import { maskTexts, quotedText, textsOf } from "../../state/secrets.ts";

/** Rendered values, and the secret texts that they may contain. */
export interface Rendered {
  values: Record<string, unknown>;
  secrets: string[];
}

/**
 * Renders in a separate object of this chain. Rejects with the error of a template, or if the key-value table cannot be
 * read now. Keys are read with the rights of the run.
 */
export async function rendered(env: Env, spec: ExecutionSpec, job: RenderJob): Promise<Rendered> {
  const templates = job.kind === "parameters" ? job.values : job.mapping;
  if (!hasTemplate(templates)) return { values: templates, secrets: [] };
  const keys = await readKeysOf(env, spec, keysOf(templates));
  const secrets = textsOf([...keys.values()].flatMap(({ secret, value }) => (secret ? [value] : [])));
  const answer = await env.TEMPLATE_ENGINE.getByName(spec.id).render(writeExact(job), keys);
  // A reason may quote a secret, and only this function knows the secrets of a rendering that has failed.
  if (answer.kind === "failed")
    throw new RenderingError(answer.key, answer.template, maskTexts(answer.reason, secrets));
  return { values: parseJson(answer.values, { exact: true }) as Rendered["values"], secrets };
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

/**
 * A rendered value as a parameter of another execution, which renders its parameters too. It is escaped, so that output of
 * tasks stays data even if it looks like a template.
 */
export function asLiteral(value: unknown): unknown {
  if (typeof value === "string") {
    if (!hasTemplate(value)) return value;
    return `{{ "${quotedText(value)}" }}`;
  }
  if (Array.isArray(value)) return value.map(asLiteral);
  if (!isStructure(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asLiteral(item)]));
}
