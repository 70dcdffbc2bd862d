import { tell } from "../terminal/print.ts";

/** The exit code of a reader that was interrupted. */
const EXIT_INTERRUPTED = 130;

/** Reads until the end, or until Ctrl-C: then the execution goes on, and the reader is told how to come back. */
export async function detachable<T>(
  id: string,
  read: (signal: AbortSignal) => Promise<T>,
): Promise<T | undefined> {
  const interrupt = new AbortController();
  const onInterrupt = () => interrupt.abort();
  process.once("SIGINT", onInterrupt);
  try {
    const outcome = await read(interrupt.signal);
    if (!interrupt.signal.aborted) return outcome;
    tell(
      `\nDetached; the execution goes on.\n  come back: tailrace execution tail ${id}\n  end it:    tailrace execution cancel ${id}`,
    );
    process.exitCode = EXIT_INTERRUPTED;
    return undefined;
  } finally {
    process.off("SIGINT", onInterrupt);
  }
}
