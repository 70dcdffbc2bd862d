import { isStructure } from "../../protocol/base/numbers.ts";
import type { Secrets } from "./secrets.ts";

/** Adds the values of variables with these names to the secrets: the agent's variables and the run's. `*` stands for any text. */
export function addVariables(secrets: Secrets, names: string[], { env }: Record<string, unknown>): void {
  if (names.length === 0) return;
  const own = isStructure(env) ? Object.entries(env) : [];
  // A run's variable may replace the agent's: both values stay secret.
  for (const [name, value] of [...Object.entries(process.env), ...own]) {
    if (names.some((pattern) => fits(pattern.split("*"), name))) secrets.add(`the variable "${name}"`, value);
  }
}

/** Whether a name consists of these parts, with anything between them. */
function fits([head = "", ...parts]: string[], name: string): boolean {
  const tail = parts.pop();
  if (tail === undefined) return name === head;
  if (!name.startsWith(head) || !name.endsWith(tail)) return false;
  let at = head.length;
  for (const part of parts) {
    const found = name.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return at <= name.length - tail.length;
}
