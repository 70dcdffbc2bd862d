/** The parameter that names the part of an execution whose output is shown. */
export const PART = "part";

/** A parameter of the page's address. */
export function fromAddress(name: string): string | null {
  return new URLSearchParams(location.search).get(name);
}

/** Sets parameters of the page's address, or removes those without a value. The history stays as it is. */
export function putInAddress(parameters: Record<string, string | undefined>): void {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) query.delete(name);
    else query.set(name, value);
  }
  const search = query.size === 0 ? "" : `?${query}`;
  if (search === location.search) return;
  history.replaceState(history.state, "", `${location.pathname}${search}${location.hash}`);
}
