/** The result of shrinking: the fewest faults that still fail, if all of them failed again. */
export interface Shrunk<T> {
  fewest: readonly T[];
  reproduced: boolean;
}

/** Delta debugging: leaves out halves, then quarters and so on, while the rest still fails. The first try repeats all of them. */
export async function shrink<T>(
  all: readonly T[],
  tries_max: number,
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<Shrunk<T>> {
  let tries = 1;
  if (!(await fails(all))) return { fewest: all, reproduced: false };
  let fewest = all;
  for (let parts = 2; fewest.length > 1 && tries < tries_max; ) {
    const size = Math.ceil(fewest.length / parts);
    let was_smaller = false;
    for (let at = 0; at < fewest.length && tries < tries_max; at += size) {
      const rest = [...fewest.slice(0, at), ...fewest.slice(at + size)];
      if (rest.length === 0) continue;
      tries++;
      if (!(await fails(rest))) continue;
      fewest = rest;
      was_smaller = true;
      break;
    }
    if (was_smaller) parts = Math.max(2, parts - 1);
    else if (size === 1) break;
    else parts = Math.min(fewest.length, parts * 2);
  }
  return { fewest, reproduced: true };
}
