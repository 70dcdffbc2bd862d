import { useEffect, useRef, useState } from "preact/hooks";

/**
 * Runs one action at a time: the second click of a double click does nothing. An action that leaves the page returns true; then
 * further clicks do nothing until the browser shows the page again.
 */
export function useOnce(): [busy: boolean, once: (act: () => Promise<boolean>) => Promise<void>] {
  const [busy, setBusy] = useState(false);
  // The state changes with the next drawing, which a second click may precede.
  const running = useRef(false);
  const set = (now: boolean) => {
    running.current = now;
    setBusy(now);
  };
  useEffect(() => {
    const shown = ({ persisted }: PageTransitionEvent) => persisted && set(false);
    window.addEventListener("pageshow", shown);
    return () => window.removeEventListener("pageshow", shown);
  }, []);
  const once = async (act: () => Promise<boolean>) => {
    if (running.current) return;
    set(true);
    let leaves = false;
    try {
      leaves = await act();
    } finally {
      if (!leaves) set(false);
    }
  };
  return [busy, once];
}
