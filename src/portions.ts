/** Does a piece of work for each item, for so many at the same time: others have their turn between. */
export async function inPortions<T, R>(
  items: readonly T[],
  at_once: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += at_once)
    done.push(...(await Promise.all(items.slice(at, at + at_once).map(work))));
  return done;
}
