/** A value by its name. The name may be that of a property that each object has, such as `toString`. */
export function own(values: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
