/** How often the timer fires, and how late it fires after the machine was asleep. */
const CHECK_MS = 5_000;
const ASLEEP_MS = 20_000;

/** The same for a hidden page, whose timers a browser delays by up to a minute. */
const ASLEEP_UNSEEN_MS = 150_000;

/**
 * Calls `wake` when open connections may be dead without a close: the network has changed, or the page or the machine was
 * asleep. Returns the function that ends this.
 */
export function onWake(wake: () => void): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  // An `offline` browser may still reach a server on the same machine, so going offline is only a reason to check.
  for (const name of ["online", "offline"]) window.addEventListener(name, wake, { signal });
  // The browser had frozen the page, or had cached it when the reader left it.
  document.addEventListener("resume", wake, { signal });
  window.addEventListener("pageshow", ({ persisted }) => persisted && wake(), { signal });

  let seen_ms = Date.now();
  const check = (asleep_ms: number) => {
    const now_ms = Date.now();
    if (now_ms - seen_ms > asleep_ms) wake();
    seen_ms = now_ms;
  };
  const timer = setInterval(() => check(document.hidden ? ASLEEP_UNSEEN_MS : ASLEEP_MS), CHECK_MS);
  document.addEventListener("visibilitychange", () => check(ASLEEP_UNSEEN_MS), { signal });
  return () => {
    clearInterval(timer);
    stopped.abort();
  };
}
