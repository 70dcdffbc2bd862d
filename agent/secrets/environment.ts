import type { Secrets } from "./secrets.ts";

/** Keeps the variables secret that are so by their names, the agent's own and a run's. `*` in a name stands for anything. */
export function addVariables(secrets: Secrets, names: string[], { env }: Record<string, unknown>): void {
  if (names.length === 0) return;
  const patterns = names.map((name) => {
    const parts = name.split("*").map((part) => part.replace(/[\\^$.+?()[\]{}|]/g, "\\$&"));
    return new RegExp(`^${parts.join("[^]*")}$`);
  });
  const own = typeof env === "object" && env !== null ? Object.entries(env) : [];
  // A run may hide one of the agent's variables behind its own: both stay secret.
  for (const [name, value] of [...Object.entries(process.env), ...own]) {
    if (patterns.some((pattern) => pattern.test(name))) secrets.add(`the variable "${name}"`, value);
  }
}
