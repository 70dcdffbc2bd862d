/** A timer that comes so much too late was asleep, with the machine. */
const LOOK_MS = 5_000;
const ASLEEP_MS = 20_000;

/** A browser delays the timers of a hidden page by up to a minute. */
const ASLEEP_UNSEEN_MS = 150_000;

/**
 * Tells when what the page has open may be dead without a word: the network went or came, or the page or the machine was
 * asleep. Gives what ends this.
 */
export function onWake(wake: () => void): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  // An `offline` browser may well reach a server on the same machine, so going offline is a reason to look, and no more.
  for (const name of ["online", "offline"]) window.addEventListener(name, wake, { signal });
  // The browser had frozen the page, or had put it away when the reader went to another one.
  document.addEventListener("resume", wake, { signal });
  window.addEventListener("pageshow", ({ persisted }) => persisted && wake(), { signal });

  let seen_ms = Date.now();
  const look = (asleep_ms: number) => {
    const now_ms = Date.now();
    if (now_ms - seen_ms > asleep_ms) wake();
    seen_ms = now_ms;
  };
  const timer = setInterval(() => look(document.hidden ? ASLEEP_UNSEEN_MS : ASLEEP_MS), LOOK_MS);
  document.addEventListener("visibilitychange", () => look(ASLEEP_UNSEEN_MS), { signal });
  return () => {
    clearInterval(timer);
    stopped.abort();
  };
}
