/** The values of variables that are secret by their names, of the agent's own and of a run's. `*` stands for anything. */
export function environmentSecrets(names: string[], { env }: Record<string, unknown>): string[] {
  if (names.length === 0) return [];
  const patterns = names.map((name) => new RegExp(`^${name.replaceAll("*", ".*")}$`));
  const own = typeof env === "object" && env !== null ? env : {};
  return Object.entries({ ...process.env, ...own }).flatMap(([name, value]) =>
    patterns.some((pattern) => pattern.test(name)) && value ? [String(value)] : [],
  );
}
