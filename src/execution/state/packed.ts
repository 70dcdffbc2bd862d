import type { ExecutionSpec } from "../../objects/spec.ts";

type Values = Pick<ExecutionSpec, "parameters" | "resolved">;
type Resolved = ExecutionSpec["resolved"];

/** Names of the given values that are also what was resolved, by whose parameters they are. */
type Same = Record<keyof Resolved, string[]>;

/** Parameters as they are stored; those of earlier releases say nothing of what is the same. */
export type Packed<T extends Values> = T & { same?: Same };

/**
 * Parameters for storage. A value that was given is most often what it was resolved to, and may fill most of a row: it stands
 * there once.
 */
export function packed<T extends Values>(whole: T): Packed<T> {
  const { parameters, resolved } = whole;
  const isSame = ([name, value]: [string, unknown]) =>
    Object.hasOwn(parameters, name) && parameters[name] === value;
  const namesOf = (values: Record<string, unknown>) =>
    Object.entries(values)
      .filter(isSame)
      .map(([name]) => name);
  const othersOf = (values: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(values).filter((entry) => !isSame(entry)));
  return {
    ...whole,
    resolved: { runner: othersOf(resolved.runner), action: othersOf(resolved.action) },
    same: { runner: namesOf(resolved.runner), action: namesOf(resolved.action) },
  };
}

/** Parameters as they were before they were stored. */
export function unpacked<T extends Values>({ same, ...stored }: Packed<T>): T {
  const { parameters, resolved } = stored;
  const withSame = (values: Record<string, unknown>, names: string[] = []) => ({
    ...values,
    ...Object.fromEntries(names.map((name) => [name, parameters[name]])),
  });
  const whole = {
    ...stored,
    resolved: {
      runner: withSame(resolved.runner, same?.runner),
      action: withSame(resolved.action, same?.action),
    },
  };
  // All but what packing added.
  return whole as unknown as T;
}
