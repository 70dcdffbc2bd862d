import type { ExecutionSpec } from "../../objects/spec.ts";

type Values = Pick<ExecutionSpec, "parameters" | "resolved">;
type Resolved = ExecutionSpec["resolved"];

/** The names of given values that are the resolved values too: of the runner's parameters and of the action's. */
type Same = Record<keyof Resolved, string[]>;

/** Parameters as they are stored. Those of earlier releases do not have `same`. */
export type Packed<T extends Values> = T & { same?: Same };

/**
 * Parameters for storage. Most given values are the resolved values too, and may fill most of a row: each is stored once.
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
  // The same as before packing: only `same` was added.
  return whole as unknown as T;
}
