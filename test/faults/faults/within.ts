/** Whether an awaited event came in time. `set` begins the wait, and returns a function that ends it. */
export function within(
  ms_max: number,
  signal: AbortSignal,
  set: (onCaught: () => void) => () => void,
): Promise<boolean> {
  return new Promise((resolve) => {
    const finish = (came: boolean) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", giveUp);
      stop();
      resolve(came);
    };
    const giveUp = () => finish(false);
    const timer = setTimeout(giveUp, ms_max);
    signal.addEventListener("abort", giveUp);
    const stop = set(() => finish(true));
  });
}
