/** Forget what the file before has made: one engine runs several files, each with empty databases. */
const forgets: (() => void)[] = [];

/** A function whose results are kept by key, for the rest of a test file. */
export function oncePerFile<T, K = void>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>();
  forgets.push(() => made.clear());
  return (key) => {
    if (!made.has(key)) made.set(key, make(key));
    return made.get(key) as T;
  };
}

export function beginFile(): void {
  for (const forget of forgets) forget();
}
